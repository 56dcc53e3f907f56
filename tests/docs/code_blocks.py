"""The fenced code blocks of the documentation, and the script that runs those of a page in their order."""

from __future__ import annotations

import re
import shlex
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import tomli

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    file.relative_to(ROOT).as_posix()
    for pattern in ("*.md", "docs/**/*.md", "examples/*/README.md")
    for file in ROOT.glob(pattern)
    if "_site" not in file.parts
)
ADDRESS = re.compile(r"http://127\.0\.0\.1:8080|(?:http://)?localhost:8080")
RUNS = ("sh", "python", "http", "toml")
SHOWN = ("text", "json")
"""Languages of blocks that show an answer or a picture, and are not for the reader to run."""
START = Path(__file__).with_name("code_blocks.sh").read_text(encoding="utf-8")
_FENCE = re.compile(r"^( *)```([^\n]*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class CodeBlock:
    """A fenced block: its page, its number on the page from 1, its language and its code."""

    page: str
    number: int
    language: str
    code: str


@dataclass(frozen=True, kw_only=True)
class BlockRow:
    """A row of `blocks.toml`: what is special about the blocks of a page that begin with a text.

    `not_run` is why they cannot run; `run_by` the test that runs or checks them; `setup` shell code that runs before,
    `replace` pairs of texts that change them first. `blocks` is the number of blocks that a row exempts, 0 for as many
    as there are, because its test runs them all.
    """

    page: str
    begins: str = ""
    not_run: str = ""
    run_by: str = ""
    setup: str = ""
    replace: tuple[tuple[str, str], ...] = ()
    blocks: int = 1

    def fits(self, block: CodeBlock) -> bool:
        return block.page == self.page and block.code.startswith(self.begins)


def blocks_of(page: str) -> list[CodeBlock]:
    text = (ROOT / page).read_text(encoding="utf-8")
    return [
        CodeBlock(page=page, number=number, language=match[2].strip(), code=textwrap.dedent(match[3]))
        for number, match in enumerate(_FENCE.finditer(text), 1)
    ]


@cache
def rows() -> list[BlockRow]:
    content = tomli.loads(Path(__file__).with_name("blocks.toml").read_text(encoding="utf-8"))
    return [BlockRow(**{**row, "replace": tuple(map(tuple, row.get("replace", ())))}) for row in content["block"]]


def row_of(block: CodeBlock) -> BlockRow:
    """Return the row of a block; an empty one for a block with nothing special. The longest beginning wins."""
    fitting = [row for row in rows() if row.fits(block)]
    return max(fitting, key=lambda row: len(row.begins), default=BlockRow(page=block.page))


def runs(block: CodeBlock) -> bool:
    row = row_of(block)
    return block.language in RUNS and not (row.not_run or row.run_by)


def script(blocks: list[CodeBlock], base_url: str) -> str:
    """Return a Bash script that runs blocks in one shell, and stops at the first command that fails."""
    return "\n".join([START, *(line for block in blocks for line in _lines(block, base_url))])


def _lines(block: CodeBlock, base_url: str) -> Iterator[str]:
    row, code = row_of(block), block.code
    for before, after in row.replace:
        assert before in code, f"{block.page}: no {before!r} in block {block.number}"
        code = code.replace(before, after)
    yield f"block={block.number}"
    if row.setup:
        yield ADDRESS.sub(base_url, row.setup)
    yield from _RUNNERS[block.language](block, ADDRESS.sub(base_url, code))


def _shell(block: CodeBlock, code: str) -> Iterator[str]:
    yield code


def _python(block: CodeBlock, code: str) -> Iterator[str]:
    is_test = "def test_" in code
    name = f"{'test_' if is_test else ''}block_{block.number}.py"
    yield f"cat > {name} <<'END_OF_BLOCK'\n{code}\nEND_OF_BLOCK"
    yield f"python3 -m pytest -q -p no:cacheprovider --pkb-mode asgi {name}" if is_test else f"python3 {name}"


def _http(block: CodeBlock, code: str) -> Iterator[str]:
    """Requests, one a line that begins with its method; indented lines go on."""
    for request in re.sub(r"\n\s+", "", code).splitlines():
        method, _, path = request.partition(" ")
        command = ["curl", "-X", method, *_HEADERS]
        yield f'{shlex.join(command)} -H "Authorization: Bearer $TOKEN" "$PKB_SANDBOX_URL"{shlex.quote(path)}'


def _world(block: CodeBlock, code: str) -> Iterator[str]:
    """A world file, with which a server starts."""
    yield f"cat > world.toml <<'END_OF_BLOCK'\n{code}\nEND_OF_BLOCK"
    yield "pkb-sandbox serve --world world.toml --port 0 --ready-file ready & served"


_HEADERS = ("-H", "X-Org-Public-Id: ab0469a5-c2ba-4ff7-b9d4-9080df2db07e")
_RUNNERS: dict[str, Any] = {"sh": _shell, "python": _python, "http": _http, "toml": _world}
