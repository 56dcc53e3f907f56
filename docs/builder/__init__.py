"""The build of the documentation site. The sandbox need not be installed: its code beside `docs/` is imported."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
