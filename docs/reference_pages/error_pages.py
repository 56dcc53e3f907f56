"""The pages of errors: what happened, where, and what to do, for every refusal of each API."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reference_pages import refusals
from reference_pages.refusals import Refusal
from reference_pages.statuses import status_of
from reference_pages.writing import Page, Section, code, plain, standing, table
from sandbox.errors import (
    Conflict,
    MethodNotAllowed,
    NotAcceptable,
    NotFound,
    PreconditionFailed,
    SandboxError,
    TooLarge,
    Unauthenticated,
    Unreadable,
    WrongMediaType,
)
from sandbox.facts import ledger
from sandbox.fhir.base.query_string import NotHandled
from sandbox.http.instead import KINDS, instead_of_rule, rules
from sandbox.oauth import issuers

PLACES: tuple[tuple[type[SandboxError], str], ...] = (
    (Unauthenticated, "Authorization"),
    (MethodNotAllowed, "method"),
    (NotAcceptable, "Accept"),
    (WrongMediaType, "Content-Type"),
    (PreconditionFailed, "If-… headers"),
    (NotFound, "path"),
    (TooLarge, "body"),
    (Unreadable, "body"),
    (Conflict, "record"),
)
"""Class of error → where it is, if nothing more exact is known."""


NO_TEXT = "(no text)"
NOT_HANDLED = (
    "Invalid request: The FHIR endpoint on this server does not know how to handle "
    "{method} operation[{path}] with parameters [[{names}]]"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A page of errors: its API (for statuses), its folders, and the prefixes of the rules that belong to it."""

    title: str
    api: str
    opening: str
    folders: tuple[str, ...]
    but: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    with_rule: bool | None = None


CONTROL = ("hl7/control.py", "hl7/lint.py", "hl7/paths.py", "oauth/control.py", "http/control_operations.py")
START = ("fhir/base/given_statements.py", "http/cors.py", "hl7/files.py")
FURTHER = ("app.py", "store/", "worlds/durable/", "synthetic/", "replay/", "base/clock.py", "base/durations.py", *START)
OF_MESSAGES = ("demographics", "membership", "matching", "identifiers", "auto_create", "soft_matching")
"""Files whose refusals are about the patient of a message."""
GROUPS = {
    "errors-hl7.md": Group(
        title="Errors: HL7 v2",
        api="hl7",
        opening="AR and AE are acknowledgements: the text follows the prefix in MSA-3, and the HTTP status is 200. "
        "Other statuses are HTTP; a SOAP fault is 500.",
        folders=("hl7/", "access/sender.py", "domain/patients/"),
        but=(*CONTROL, *START, "domain/patients/accounts.py", "domain/patients/registration.py"),
        prefixes=("hl7.", "radiology.", "documents.", "matching.", "demographics.", "membership.", "results."),
    ),
    "errors-rest.md": Group(
        title="Errors: Custom REST",
        api="rest",
        opening='Errors are JSON: `{"status", "code", "message"}`. [Custom REST](../rest.md#refusals) lists the codes.',
        folders=("rest/", "domain/", "access/team.py"),
        but=("domain/worlds/", *(f"domain/patients/{name}.py" for name in OF_MESSAGES)),
        prefixes=("rest.", "entry.", "accounts."),
        with_rule=True,
    ),
    "errors-oauth.md": Group(
        title="Errors: OAuth",
        api="oauth",
        opening='Token endpoints answer programs with JSON: `{"error", "error_description"}`. The pages for people '
        "(authorize, one-time password, deep links) show the text with status 400.",
        folders=("oauth/",),
        but=CONTROL,
        prefixes=("oauth.",),
    ),
    "errors-facade.md": Group(
        title="Errors: Facade FHIR",
        api="facade",
        opening="Errors are OperationOutcomes with one issue: its `code` is beside the status, `diagnostics` is the "
        "text.",
        folders=("fhir/facade/", "fhir/rendered/"),
        prefixes=("facade.", "fhir.", "operations."),
    ),
    "errors-messaging.md": Group(
        title="Errors: Messaging FHIR",
        api="messaging",
        opening="Errors are OperationOutcomes: the issue's `code` is beside the status, `diagnostics` is the text. "
        "Rules of the record (matching, teams) are 422 here, with the texts of [HL7 v2](errors-hl7.md).",
        folders=("fhir/messaging/",),
        prefixes=("messaging.",),
    ),
    "errors-customer.md": Group(
        title="Errors: Customer FHIR",
        api="customer",
        opening="Errors are OperationOutcomes with severity `fatal`, a narrative and the element in `expression`. "
        "The texts of searches are those of Aggregated too.",
        folders=("fhir/customer/", "fhir/resources/", "fhir/search/", "fhir/base/"),
        but=START,
        prefixes=("customer.", "search.", "strict."),
    ),
    "errors-aggregated.md": Group(
        title="Errors: Aggregated FHIR",
        api="aggregated",
        opening="Errors are OperationOutcomes: the issue's `code` is beside the status. For the texts of searches see "
        "[Customer FHIR](errors-customer.md).",
        folders=("fhir/aggregated/",),
        prefixes=("aggregated.",),
    ),
    "errors-shared.md": Group(
        title="Errors: every API",
        api="shared",
        opening="Refusals that several APIs share: access, addresses, bodies, load. Each API puts them in its own "
        "form; the statuses are those of FHIR.",
        folders=("access/", "http/", "worlds/", "store/"),
        but=("access/sender.py", "access/team.py", "store/durable/", "store/world_file/", *CONTROL, *START),
        prefixes=("access.", "frontend.", "store.", "faults."),
        with_rule=True,
    ),
    "errors-control.md": Group(
        title="Errors: control API",
        api="control",
        opening="Errors are problem details (RFC 9457): `title` is the phrase of the status, `detail` the text. They "
        "are about the sandbox, not about PKB, and have no rule.",
        folders=("control/", "contract/", "conformance/", "pact/", "synthetic/", "worlds/", "domain/", *CONTROL),
        but=("domain/worlds/", "worlds/durable/", "synthetic/folder", "synthetic/world_file", "synthetic/seeding"),
        with_rule=False,
    ),
    "errors-commands.md": Group(
        title="Errors: commands and the start",
        api="command",
        opening="One line on standard error that begins with `pkb-sandbox:` and names the option, file or value; "
        "[exit codes](exit-codes.md) says with which code the command ends.",
        folders=(
            "cli/",
            "domain/worlds/",
            "tls/",
            "server.py",
            "web_server/sockets.py",
            "web_server/ready_file.py",
            "settings.py",
            *FURTHER,
        ),
        with_rule=False,
    ),
}


def pages() -> Iterator[tuple[str, Page]]:
    """Yield file name → page."""
    yield "errors.md", _overview()
    for name, group in GROUPS.items():
        listed = _of_group(group)
        headings = ("what happened", "status", "where", "what to do", "rule")
        rows = [_row(refusal, group.api) for refusal in listed]
        cells = table(headings, rows) if group.api not in ("control", "command") else _short(listed, group.api)
        yield name, Page(group.title, group.opening, [Section("Texts", cells)])


def _of_group(group: Group) -> list[Refusal]:
    listed = refusals.of(group.folders, group.but)
    if group.with_rule is not None:
        listed = [refusal for refusal in listed if bool(refusal.rule) == group.with_rule or refusal.module in CONTROL]
    listed += [refusal for refusal in _at_run_time() if refusal.rule.startswith(group.prefixes or ("-",))]
    unique = {(refusal.text, refusal.rule, refusal.kind, refusal.status): refusal for refusal in listed}
    named = {refusal.rule for refusal in refusals.of(("",))} | {refusal.rule for refusal in _at_run_time()}
    unnamed = [rule for rule in rules() if rule not in named and rule.startswith(group.prefixes or ("-",))]
    return sorted([*unique.values(), *map(_without_text, unnamed)], key=lambda refusal: (refusal.rule, refusal.text))


def _without_text(rule: str) -> Refusal:
    """Stand for a rule whose texts are put together at run time."""
    return _refusal("", SandboxError, rule)


def _refusal(text: str, kind: type[SandboxError], rule: str, status: int = 0, word: str = "") -> Refusal:
    return Refusal(module="", line=0, kind=kind, text=text, rule=rule, where="", code=word, instead="", status=status)


def _at_run_time() -> Iterator[Refusal]:
    """Yield refusals whose texts are rows of tables, not arguments."""
    from sandbox.errors import Damaged, NotReady, NotStored
    from sandbox.fhir.base.dialects import AIDBOX, HAPI
    from sandbox.http.request_body import TooSlow
    from sandbox.oauth.errors import TokenError
    from sandbox.worlds.pending_bodies import Busy

    for issuer in (issuers.system_clients(), issuers.customer_system_clients()):
        refused = (issuer.no_credentials, issuer.bad_credentials, issuer.other_client)
        for row in (*refused, issuer.no_grant_type, issuer.other_grant_type):
            text = row.description.replace("{}", "{grant_type}")
            yield _refusal(text, TokenError, row.rule, row.status, row.error)
    for dialect in (HAPI, AIDBOX):
        yield _refusal(dialect.not_acceptable, NotAcceptable, dialect.not_acceptable_rule)
        text = dialect.wrong_media_type.replace("{}", "{media_type}")
        yield _refusal(text, WrongMediaType, dialect.wrong_media_type_rule)
    for error in (NotStored(503), Damaged(""), NotReady(), TooSlow(30), Busy(67_108_864)):
        yield _refusal(error.text, type(error), error.rule, error.status)


def _row(refusal: Refusal, api: str) -> tuple[str, str, str, str, str]:
    fact = ledger().get(refusal.rule)
    text = code(_text(refusal)) if _text(refusal) else f"texts vary: {plain(fact.text)}" if fact else ""
    rule = f"{code(fact.id)}, {standing(fact.standing, fact.source)}" if fact else ""
    return text, status_of(refusal, api), plain(_place(refusal)), plain(_advice(refusal)), rule


def _text(refusal: Refusal) -> str:
    """The text, in the words of HAPI where the server has no method for a request."""
    if issubclass(refusal.kind, NotHandled):
        return NOT_HANDLED
    if not refusal.text and refusal.module:
        return NO_TEXT
    return "" if refusal.text == refusals.UNKNOWN else refusal.text


def _short(listed: list[Refusal], api: str) -> Iterator[str]:
    """Yield a table without rules: messages about the sandbox itself."""
    rows = dict.fromkeys((code(row.text), status_of(row, api)) for row in listed if row.text)
    headings = ("what happened, where, and what is allowed", "status")
    yield from table(
        headings if api == "control" else headings[:1], (row if api == "control" else row[:1] for row in rows)
    )


def _place(refusal: Refusal) -> str:
    if refusal.where:
        return refusal.where
    if refusal.rule.startswith(("facade.search", "facade.document-cond", "search.")):
        return "query"
    return next((place for kind, place in PLACES if issubclass(refusal.kind, kind)), "")


def _advice(refusal: Refusal) -> str:
    advice = refusal.instead or instead_of_rule(refusal.rule)
    return advice or next(text for kind, text in KINDS if issubclass(refusal.kind, kind))


def _overview() -> Page:
    opening = (
        "Each refusal in one table for each API: what happened (the text), where, and what to do. A name in braces "
        "stands for a value of the request. The header `PKB-Sandbox-Explain` of a refusal leads to a page about it: "
        "the rule, who you were, and what would have been accepted."
    )
    listed = ((f"[{group.title.removeprefix('Errors: ')}]({name})", group.opening) for name, group in GROUPS.items())
    return Page("Errors", opening, [Section("Pages", table(("errors of", "their form"), listed))])
