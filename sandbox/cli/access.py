"""`pkb-sandbox access`: the access matrix as a table that fits the terminal, and below it the reason of each cell."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterable, Iterator
from itertools import groupby

import click

from sandbox.access.matrix import ACTIONS, APIS, TYPES, Cell, matrix
from sandbox.cli.output import print_json, print_line, styled

COLOURS = {"allowed": "green", "pending": "yellow", "denied": None}
ACTION_WIDTH = max(map(len, ACTIONS)) + 2
LONGEST_LINE = 100
"""Characters of a line of prose on a wide terminal."""


@click.command(short_help="Show the access matrix of an integration type, with reasons.")
@click.argument("integration_type", type=click.Choice(TYPES), required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, as `GET /_sandbox/matrix` returns it.")
def access(integration_type: str | None, as_json: bool) -> None:
    """Show the access matrix: what each integration type may do, with which credential, and why."""
    cells = [cell for cell in matrix().values() if integration_type in (None, cell.cell.partition(".")[0])]
    if as_json:
        print_json({"cells": [cell.as_json() for cell in cells]})
        return
    for type_, of_type in groupby(cells, key=lambda cell: cell.cell.partition(".")[0]):
        print_matrix(type_, list(of_type))


def print_matrix(type_: str, cells: Iterable[Cell]) -> None:
    """Print the 24 cells of an integration type: the table of decisions, then each reason once."""
    by_address = {cell.cell: cell for cell in cells}
    heading = f"{type_:<{ACTION_WIDTH}}" + "".join(f"{api:<{_width(api)}}" for api in APIS)
    print_line(heading.rstrip(), bold=True)
    for action in ACTIONS:
        decisions = [by_address[f"{type_}.{api}.{action}"].decision for api in APIS]
        parts = [
            f"{styled(word, COLOURS[word])}{' ' * (_width(api) - len(word))}"
            for word, api in zip(decisions, APIS, strict=True)
        ]
        print_line(f"{action:<{ACTION_WIDTH}}{''.join(parts).rstrip()}", is_styled=True)
    click.echo()
    for api in APIS:
        print_line(api, bold=True)
        for line in _reasons([by_address[f"{type_}.{api}.{action}"] for action in ACTIONS]):
            print_line(line)
    click.echo()


def _width(api: str) -> int:
    return max(len(api), len("allowed")) + 1


def _reasons(cells: list[Cell]) -> Iterator[str]:
    """Describe the cells of one API: actions with the same decision and reason together."""
    width = min(shutil.get_terminal_size().columns, LONGEST_LINE)
    for (decision, credential, reason, standing), alike in groupby(
        cells, key=lambda cell: (cell.decision, cell.credential, cell.reason, cell.standing)
    ):
        actions = ", ".join(cell.cell.rpartition(".")[2] for cell in alike)
        with_ = f" with {credential}" if credential else ""
        yield from _wrapped(f"{actions}: {decision}{with_} ({standing})", width, "  ")
        yield from _wrapped(reason, width, "    ")


def _wrapped(text: str, width: int, indent: str) -> list[str]:
    return textwrap.wrap(text, width, initial_indent=indent, subsequent_indent="    ", break_on_hyphens=False)
