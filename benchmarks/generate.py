"""`generate --patients 10000`: peak memory against a limit, and against a hundredth of the people.

`python -m benchmarks.generate` takes some minutes; a number of patients as an argument makes it shorter.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

PATIENTS = 10_000
LIMIT_MB = 1_000
LIMIT_RATIO = 1.5
PEAK = """
import resource, sys
from pathlib import Path
from sandbox.synthetic.folder import WorldPlan, write
write(Path(sys.argv[1]), WorldPlan(patients=int(sys.argv[2]), seed=1))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def main() -> int:
    """Prints peak, ratio and rate; exit code 1 when a limit is passed."""
    patients = int(sys.argv[1]) if len(sys.argv) > 1 else PATIENTS
    few, _ = measure(patients // 100)
    many, seconds = measure(patients)
    growth = many / few
    print(
        f"{patients} patients: peak {many / 1024:.0f} MB (limit {LIMIT_MB}), {growth:.2f} x that of a hundredth "
        f"(limit {LIMIT_RATIO}), {patients / seconds:.0f} patients a second"
    )
    return 0 if many / 1024 < LIMIT_MB and growth < LIMIT_RATIO else 1


def measure(patients: int) -> tuple[int, float]:
    """Peak resident kilobytes of a process that writes a world, and the seconds that it took."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        command = [sys.executable, "-c", PEAK, str(Path(folder) / "world"), str(patients)]
        completed = subprocess.run(command, capture_output=True, check=True, text=True)
        return int(completed.stdout), time.perf_counter() - started


if __name__ == "__main__":
    sys.exit(main())
