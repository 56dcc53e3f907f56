"""The tables in `docs/attributes.md`, from the data that differences and their tests read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sandbox.worlds.attributes.table import Attribute, AttributeTable, internal_entities, tables


def attributes() -> Iterator[str]:
    for table in tables().values():
        yield f"## {table.plural[0].upper()}{table.plural[1:]}"
        yield ""
        yield from _doors(table)
        yield "| datum | attribute | HL7 field | Facade | Aggregated | Custom REST |"
        yield "|---|---|---|---|---|---|"
        for attribute in table.attributes.values():
            yield _row(table, attribute)
        yield ""
        if table.internal:
            reasons = "; ".join(f"`{path}` ({reason})" for path, reason in table.internal.items())
            yield f"In no difference: {reasons}."
            yield ""
    yield "## What is no datum of a record"
    yield ""
    yield "| entity | why |"
    yield "|---|---|"
    for name, reason in internal_entities().items():
        yield f"| `{name}` | {reason} |"


def _doors(table: AttributeTable) -> Iterator[str]:
    """Where the kind shows as a whole."""
    doors = [f"Facade `{table.facade}`"] if table.facade else []
    if table.aggregated:
        setting = f" (only with `--{table.aggregated_with.replace('_', '-')}`)" if table.aggregated_with else ""
        doors.append(f"Aggregated `{table.aggregated}`{setting}")
    doors += [f"Custom REST `{call}`" for call in table.rest]
    if doors:
        yield f"Shown by {', '.join(doors)}."
        yield ""


def _row(table: AttributeTable, attribute: Attribute) -> str:
    fields = [str(field) for field in attribute.hl7]
    fields += [f"ADR^A19 {attribute.query}"] if attribute.query else []
    rest = [key.removeprefix(f"{table.rest[0]} ") if table.rest else key for key in attribute.rest]
    cells = (fields, _below(table.facade, attribute.facade), _below(table.aggregated, attribute.aggregated), rest)
    return f"| {attribute.label} | `{attribute.path}` | {' | '.join(_cell(cell) for cell in cells)} |"


def _below(resource: str, paths: Iterable[str]) -> list[str]:
    return [path.removeprefix(f"{resource}.") if resource else path for path in paths]


def _cell(places: Iterable[str]) -> str:
    return "<br>".join(f"`{place}`" for place in places) or "\N{EN DASH}"
