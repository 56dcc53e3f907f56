"""The parameters of a query string or form, and the refusal of an invalid one."""

from __future__ import annotations

from urllib.parse import parse_qsl

from sandbox.errors import Invalid


class NotHandled(Invalid):
    """A missing or unknown parameter, whose refusal in the server's words contains the whole request."""


def read_query(text: str) -> list[tuple[str, str]]:
    """Parse the pairs of a query string. Raises Invalid if it is not UTF-8 or too long."""
    try:
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=200)
    except ValueError as error:
        raise bad_value("The parameters cannot be read as UTF-8 text") from error


def read_form(body: bytes) -> list[tuple[str, str]]:
    """Parse the pairs of a form. Raises Invalid as `read_query` does."""
    try:
        return read_query(body.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise bad_value("The parameters cannot be read as UTF-8 text") from error


def bad_value(text: str) -> Invalid:
    """Build the refusal of a parameter's value."""
    return Invalid(text, code="invalid", rule="facade.search-value")
