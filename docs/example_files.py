"""The example files below `fixtures/`: writes what differs and removes what no example has any more."""

from __future__ import annotations

from pathlib import Path

from sandbox.examples.making.files import files, left_over

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"


def update_examples(*, check: bool) -> list[str]:
    """Return the files that are out of date; write them unless `check`."""
    texts = files()
    stale = []
    for name, text in texts.items():
        file = FIXTURES / name
        # Bytes, so that line ends count as they are.
        if not file.is_file() or file.read_bytes() != text.encode():
            stale.append(name)
            if not check:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(text.encode())
    for name in left_over(texts):
        stale.append(name)
        if not check:
            (FIXTURES / name).unlink()
    return stale
