"""The generated examples: loose files to read and take from a clone, and the archive of them that is installed."""

from __future__ import annotations

import zipfile
from pathlib import Path

from sandbox.examples.copying import INDEX
from sandbox.examples.making.files import files

ROOT = Path(__file__).resolve().parents[1]
FOLDER, ARCHIVE, README = "examples/ready-made", "fixtures/examples.zip", "README.md"
SAME_TIME = (1980, 1, 1, 0, 0, 0)
"""The time of each file in the archive, so that the same files make the same archive."""


def update_examples(*, check: bool) -> list[str]:
    """Return the files that are out of date; write them, and remove those that are too many, unless `check`."""
    texts = files()
    index = {ROOT / "fixtures" / INDEX: texts.pop(INDEX)}
    loose = {ROOT / FOLDER / name: text for name, text in texts.items()}
    stale = [file for file, text in {**index, **loose}.items() if not _has(file, text)]
    surplus = [
        file for file in (ROOT / FOLDER).rglob("*") if file.is_file() and file not in loose and file.name != README
    ]
    is_old = _archived() != {name: text.encode() for name, text in texts.items()}
    if not check:
        for file in stale:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes({**index, **loose}[file].encode())
        for file in surplus:
            file.unlink()
        if is_old:
            _archive(texts)
    names = [str(file.relative_to(ROOT)) for file in (*stale, *surplus)]
    return names + [ARCHIVE] * is_old


def _has(file: Path, text: str) -> bool:
    return file.is_file() and file.read_bytes() == text.encode()  # bytes: line ends count


def _archived() -> dict[str, bytes]:
    """Read the archive: path → content."""
    if not (ROOT / ARCHIVE).is_file():
        return {}
    with zipfile.ZipFile(ROOT / ARCHIVE) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _archive(texts: dict[str, str]) -> None:
    with zipfile.ZipFile(ROOT / ARCHIVE, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(texts):
            archive.writestr(zipfile.ZipInfo(name, SAME_TIME), texts[name], zipfile.ZIP_DEFLATED, 9)
