"""The parameters of a query string or form, and the refusal of an invalid one."""

from __future__ import annotations

from urllib.parse import parse_qsl

from sandbox.errors import Invalid, TooLarge, WrongMediaType
from sandbox.http.call import Call

FORM = "application/x-www-form-urlencoded"
MOST_PAIRS = 200
"""Maximum number of parameters of a request."""


class NotHandled(Invalid):
    """A missing or unknown parameter, whose refusal in the server's words contains the whole request."""


def read_query(text: str) -> list[tuple[str, str]]:
    """Parse the pairs of a query string. Raises Invalid if it is not UTF-8 or too long."""
    try:
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_PAIRS)
    except ValueError as error:
        raise bad_value("The parameters cannot be read as UTF-8 text") from error


def parameter(call: Call, name: str, *, in_form: bool = True) -> str | None:
    """Return the first value of a parameter in the query string, or in the form of a search by POST."""
    in_address = call.request.query_params.getlist(name) if call.request.scope["query_string"] else []
    if in_address or not (in_form and call.body and call.media_type == FORM):
        return in_address[0] if in_address else None
    # A form that is too large is refused: nothing of it is read, not even for the refusal.
    pairs = first_pairs(call.body) if len(call.body) <= call.settings.max_search_form_bytes else []
    return next((value for key, value in pairs if key == name), None)


def first_pairs(form: bytes) -> list[tuple[str, str]]:
    """Parse the first pairs of a form, up to the maximum, without refusing it: for the format, and for refusals."""
    first = b"&".join(form.split(b"&", MOST_PAIRS)[:MOST_PAIRS])
    return parse_qsl(first.decode("utf-8", "replace"), keep_blank_values=True)


def search_form(call: Call, rule: str) -> list[tuple[str, str]]:
    """Parse the body of a search by POST. Raises WrongMediaType by a rule, TooLarge, and Invalid as `read_query`
    does.
    """
    most = call.settings.max_search_form_bytes
    if len(call.body) > most:
        raise TooLarge(f"The form of a search has at most {most:,} bytes", rule="search.form")
    if call.body and call.media_type != FORM:
        raise WrongMediaType(f"The body of a search by POST must be {FORM}", rule=rule)
    return read_form(call.body)


def read_form(body: bytes) -> list[tuple[str, str]]:
    """Parse the pairs of a form. Raises Invalid as `read_query` does."""
    try:
        return read_query(body.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise bad_value("The parameters cannot be read as UTF-8 text") from error


def bad_value(text: str) -> Invalid:
    """Build the refusal of a parameter's value."""
    return Invalid(text, code="invalid", rule="facade.search-value")
