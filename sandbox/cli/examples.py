"""`pkb-sandbox examples`: list, show and copy the messages, bundles and collections that come with the sandbox."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sandbox.cli.command import fail
from sandbox.cli.output import one_line, print_json, print_line, print_table, print_text

if TYPE_CHECKING:
    from sandbox.examples.example import Example

FOLDER = "pkb-examples"
LONGEST = 20_000
"""Characters of a file that `show` prints, unless it prints nothing else."""
MOST_FILES = 2
"""Files of an example that `show` prints: a message and its acknowledgement. Of more it prints the paths."""


@click.group(short_help="List, show or copy the examples.")
def examples() -> None:
    """List, show or copy the examples: HL7 messages, FHIR bundles and collections of requests.

    No server is needed. Each example names the answer that it gets in the default world.
    """


@examples.command("list")
@click.argument("words", nargs=-1, metavar="[FILTER]...")
@click.option("--json", "as_json", is_flag=True, help="Print all attributes as JSON.")
def list_(words: tuple[str, ...], as_json: bool) -> None:
    """List the examples, all or those that match each FILTER.

    FILTER is a kind (hl7, fhir, collection), a variant (minimal, full, create, update, cancel, query, refused), an
    API, an integration type (customer, partner, app), an acknowledgement code, a standing, or a part of a name or
    title.
    """
    from sandbox.examples.index import examples_matching

    matches = examples_matching(words)
    if as_json:
        print_json({"examples": [example.row() for example in matches]})
        return
    if not matches:
        fail(f"examples list {' '.join(words)}: no example matches; `pkb-sandbox examples list` lists all")
    rows = [(example.name, example.expected, example.title) for example in matches]
    print_table(("NAME", "ANSWER", "TITLE"), rows, whole=("NAME", "ANSWER"))


@examples.command(short_help="Show an example with the answer that it gets.")
@click.argument("name")
@click.option("--text", "only_text", is_flag=True, help="Print only the file, to pipe it.")
def show(name: str, only_text: bool) -> None:
    """Show an example: what it is, who may send it, the answer it gets, and its text."""
    from sandbox.examples.copying import read_example_text

    example = _example_named(name)
    if only_text:
        if len(example.files) > MOST_FILES:
            fail(f"examples show {name} --text: it has {len(example.files)} files; `pkb-sandbox examples copy {name}`")
        click.echo(read_example_text(example.files[0]), nl=False)
        return
    for title, value in _attributes(example):
        print_text(f"{title:<9}{value}", hang=9)
    if len(example.files) > MOST_FILES:
        print_line("")
        for path in example.files:
            print_line(path)
        return
    for path in example.files:
        print_line("")
        print_line(path, bold=True)
        text = read_example_text(path)
        for line in text[:LONGEST].splitlines():
            click.echo(one_line(line))
        if len(text) > LONGEST:
            print_line(f"… {len(text) - LONGEST} more characters: pkb-sandbox examples show {name} --text")


@examples.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--to", "folder", default=FOLDER, show_default=True, help="Folder to copy to.")
@click.option("--force", is_flag=True, help="Overwrite files that exist.")
def copy(names: tuple[str, ...], folder: str, force: bool) -> None:
    """Copy examples into a folder: all, or those with the NAMEs.

    The index, examples.json, is copied with all of them. Nothing is copied if a file exists already, unless --force.
    """
    from sandbox.examples.copying import Exists, copy_examples
    from sandbox.examples.index import all_examples

    chosen = [_example_named(name) for name in dict.fromkeys(names)] or list(all_examples().values())
    try:
        paths = copy_examples(chosen, Path(folder), with_index=not names, overwrite=force)
    except Exists as error:
        fail(f"examples copy: {error}")
    except OSError as error:
        fail(f"examples copy --to {folder}: {error.strerror or error}")
    count = "1 file" if len(paths) == 1 else f"{len(paths)} files"
    print_line(f"{count} in {folder}")


def _example_named(name: str) -> Example:
    from sandbox.examples.index import UnknownExample, find_example

    try:
        return find_example(name)
    except UnknownExample as error:
        fail(f"examples: {error}")


def _attributes(example: Example) -> list[tuple[str, str]]:
    """Return the lines above the text of an example."""
    answer = " ".join(filter(None, (example.expected, example.text)))
    rows = [
        ("example", example.title),
        ("variant", example.variant),
        ("cell", example.cell),
        ("sender", example.user),
        ("after", ", ".join(example.after)),
        ("answer", answer),
        ("rule", example.rule),
        ("standing", example.ground),
        ("source", example.source),
    ]
    return [(title, value) for title, value in rows if value]
