"""Print the compressed size of each layer of a pushed image: python -m tests.container.layer_sizes FOLDER"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from tests.container.crun_engine import Json, read_manifest

MEBIBYTE = 1024**2


def layers(image: Path) -> Iterator[tuple[float, str]]:
    """Each layer: MiB, and the instruction of the Dockerfile that made it."""
    manifest, config = read_manifest(image)
    instructions = [row.get("created_by", "the base image") for row in config["history"] if not row.get("empty_layer")]
    sizes: list[Json] = manifest["layers"]
    for layer, instruction in zip(sizes, instructions, strict=True):
        yield layer["size"] / MEBIBYTE, instruction


def main() -> None:
    rows = list(layers(Path(sys.argv[1])))
    for size, instruction in rows:
        print(f"{size:6.1f} MiB  {' '.join(instruction.split())[:90]}")
    print(f"{sum(size for size, _ in rows):6.1f} MiB  compressed, {len(rows)} layers")


if __name__ == "__main__":
    main()
