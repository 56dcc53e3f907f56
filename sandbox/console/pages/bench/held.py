"""Messages that wait for a person's decision, with the values that differ side by side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from shlex import quote

from starlette.responses import Response

from sandbox.base import datafiles
from sandbox.console.browser import check_csrf
from sandbox.console.forms import leave, parse_form, value_of
from sandbox.console.in_process import send_control
from sandbox.console.pages.bench.commands import command
from sandbox.console.pages.patients.paging import page_of
from sandbox.console.rendering import render_page
from sandbox.errors import Invalid
from sandbox.hl7.control import OUTCOMES
from sandbox.http.call import Call
from sandbox.http.routes import Route
from sandbox.model import Credential, HeldMessage, Organisation, Patient
from sandbox.worlds.workspace import Workspace

PATH = "/bench/held"
SIZE = 10
MOST_CHARACTERS = 64 * 1024
"""Characters of a message on the page: a document may have megabytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldComparison:
    """The values that differ; `record` is empty where the message alone is wrong."""

    message: str = ""
    record: str = ""
    expected: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldRow:
    """A message of the page. `lines` are its segments, each with whether the reason is about that segment."""

    message: HeldMessage
    organisation: str
    comparison: HeldComparison | None
    lines: list[tuple[str, bool]]
    rest: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldingCommand:
    """How to have a message held: the organisation that then compares, and the command that sends a message."""

    organisation: Organisation
    is_comparing: bool
    command: str


def show_held_messages(call: Call) -> Response:
    """List the messages with the outcome `?outcome=`, those that wait oldest first, decided ones newest first."""
    outcome = call.request.query_params.get("outcome", OUTCOMES[0])
    outcome = outcome if outcome in OUTCOMES else OUTCOMES[0]
    store = call.workspace.store
    ids = list(store.ids(HeldMessage, "outcome", outcome))
    page = page_of(call, ids if outcome == OUTCOMES[0] else ids[::-1], SIZE)
    return render_page(
        call,
        "bench/held.html",
        title="Held messages",
        outcome=outcome,
        counts=[(name, len(store.ids(HeldMessage, "outcome", name))) for name in OUTCOMES],
        page=page,
        rows=[row_of(call.workspace, store.get(HeldMessage, id_)) for id_ in page.rows],
        rehearsal=rehearsal_of(call),
    )


async def decide(call: Call) -> Response:
    """Approve or reject a message. Raises Invalid for one that can no longer be applied, and stays held."""
    fields = parse_form(call)
    check_csrf(call, value_of(fields, "_csrf"))
    answer = await send_control(call, "POST", f"/hl7/review/{call.params['id']}/{call.params['decision']}")
    if answer["outcome"] == OUTCOMES[0]:
        raise Invalid(f"The message cannot be applied any more, and stays held. {answer['ack_text']}")
    return leave(call, PATH, f"{answer['message_type']} for {answer['patient'] or 'no record'}: {answer['outcome']}.")


def row_of(world: Workspace, message: HeldMessage) -> HeldRow:
    organisation = world.store.find_one(Organisation, message.organisation)
    segment = message.reason.partition("-")[0]
    text = message.text[:MOST_CHARACTERS].replace("\r\n", "\n").replace("\r", "\n").strip("\n")
    return HeldRow(
        message=message,
        organisation=organisation.name if organisation is not None else "",
        comparison=comparison_of(message.differences),
        lines=[(line, line.startswith(f"{segment}|")) for line in text.split("\n")],
        rest=max(0, len(message.text) - MOST_CHARACTERS),
    )


def comparison_of(differences: tuple[str, ...]) -> HeldComparison | None:
    """Return the two values of a difference: `message: …` and `record: …`, or a status and the expected one."""
    if not differences:
        return None
    values = dict(text.partition(": ")[::2] for text in differences if ": " in text)
    if "message" in values and "record" in values:
        return HeldComparison(message=values["message"], record=values["record"])
    return HeldComparison(message=differences[0], expected=", ".join(differences[1:]))


def rehearsal_of(call: Call) -> HoldingCommand | None:
    """Return how to have a message held; None in a world without an HL7 sender or a patient with a birth date."""
    store = call.workspace.store
    sender = next((row for row in store.find(Credential, "kind", "hl7-org") if not row.revoked), None)
    organisation = store.find_one(Organisation, sender.organisation) if sender is not None else None
    patient = next(_comparable(call.workspace), None)
    if sender is None or organisation is None or patient is None:
        return None
    number, name = patient.identifiers[0].value, patient.name
    # With a date of birth that is not the patient's: PKB holds the message where it compares the dates.
    subject = f"PID|||{number}^^^NHS^NH{{status:01}}||{name.family}^{name.given}||19010101"
    example = datafiles.path("fixtures/hl7/siu_s12.hl7").read_text(encoding="utf-8").splitlines()
    text = "\n".join(subject if line.startswith("PID|") else line for line in example)
    sending = command(call, f"hl7 send - --user {quote(sender.id)} --password {quote(sender.secret)}")
    return HoldingCommand(
        organisation=organisation,
        is_comparing="date_of_birth" in organisation.options.soft_matching,
        command=f"{sending} <<'END'\n{text}\nEND",
    )


def _comparable(world: Workspace) -> Iterator[Patient]:
    """The patients with an NHS number first and a birth date, whose names need no escapes in a message."""
    for patient in world.store.all(Patient):
        has_number = patient.identifiers and patient.identifiers[0].type == "NHS"
        is_plain = (patient.name.family + patient.name.given).isalpha()
        if has_number and is_plain and patient.date_of_birth and not patient.deceased:
            yield patient


ROUTES = (
    Route("GET", PATH, show_held_messages, "Held messages"),
    Route("POST", f"{PATH}/{{id}}/{{decision}}", decide, "Decide on a held message"),
)
