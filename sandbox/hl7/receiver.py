"""The one path of every message on any transport: text and caller in, acknowledgement out.

The order is PKB's: the text, the header, the type, the sender, required segments and fields, the content, the record.
A refused message changes nothing, and a message that would be refused is never held.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import islice

from sandbox.access.principal import Principal
from sandbox.access.sender import sender_of
from sandbox.base.pauses import pause_here
from sandbox.base.quick_init import quick_init
from sandbox.domain.patients import review
from sandbox.domain.record import Cause, Sender
from sandbox.errors import Invalid, SandboxError, Unreadable
from sandbox.hl7 import timestamps
from sandbox.hl7.acknowledgment import acknowledge
from sandbox.hl7.er7 import Er7Message, parse
from sandbox.hl7.inbound_message import MOST_ERRORS, Attempt, InboundMessage, MessageNotice, refuse
from sandbox.hl7.messages import MESSAGES, profile_of
from sandbox.hl7.profiles import Profile, envelope_problems, of_type, unknown_type
from sandbox.hl7.roadmap import switched_on
from sandbox.hl7.strict import strict_problems
from sandbox.hl7.times import read_times
from sandbox.hl7.usage import unread
from sandbox.model import Credential, HeldMessage
from sandbox.worlds.causes import caused_by
from sandbox.worlds.turns import in_turns
from sandbox.worlds.workspace import Workspace

log = logging.getLogger("sandbox.hl7")

Authorise = Callable[[str], object]
SHORT, LARGE, MANY = 32 * 1024, 1024 * 1024, 2_000
"""Characters below which a message is short, characters from which it is large, and delimiters that are many: a
millisecond of work has a hundred or two.
"""


@quick_init
@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An acknowledgement, with details for the journal.

    `operation` is the profile's name, or the type of a message that was refused before its use was known. `patient`
    is the public id of the matched or created patient.
    """

    text: str
    ack: str
    type: str = ""
    control_id: str = ""
    standing: str = ""
    profile: str = ""
    operation: str = ""
    patient: str = ""
    error: SandboxError | None = None
    message: Er7Message | None = None
    notices: Sequence[MessageNotice] = ()
    unread: Sequence[MessageNotice] = ()

    @property
    def advice(self) -> Sequence[MessageNotice]:
        """All notices for the explanation of the exchange."""
        return (*self.notices, *self.unread)


def receive(principal: Principal, text: str, authorise: Authorise, *, decided: bool = False) -> Reply:
    """Process a message and acknowledge it. Never raises: errors are in the acknowledgement.

    `decided` means that a person has approved the message, so that it is not held again.
    """
    notices: list[MessageNotice] = []
    return _acknowledged(principal, text, authorise, notices, None, decided=decided)


async def receive_in_turns(principal: Principal, text: str, authorise: Authorise) -> Reply:
    """Do the same, of a long message in turns with other worlds' requests; those of its own world wait."""
    workspace = principal.workspace
    if not is_long(text):
        return receive(principal, text, authorise)
    async with workspace.in_flight.alone():
        return await in_turns(lambda: receive(principal, text, authorise))


def is_long(text: str) -> bool:
    """Return whether a message takes so long to process that others run meanwhile."""
    if len(text) < SHORT:
        return False
    delimiters = {*text.lstrip()[3:8], "\r", "\n"}
    return len(text) >= LARGE or sum(map(text.count, delimiters)) >= MANY


def collect_errors(principal: Principal, text: str, authorise: Authorise) -> tuple[Reply, list[Invalid]]:
    """Process a message as `receive` does, but continue after an error and return all errors. Call it in a rehearsal
    of the store.
    """
    notices: list[MessageNotice] = []
    errors: list[Invalid] = []
    reply = _acknowledged(principal, text, authorise, notices, errors, decided=False)
    # What cannot be read after an earlier error is usually its consequence.
    cascade = bool(errors) and isinstance(reply.error, Unreadable)
    if isinstance(reply.error, Invalid) and not cascade and len(errors) < MOST_ERRORS:
        errors.append(reply.error)
    return reply, errors


def _acknowledged(
    principal: Principal,
    text: str,
    authorise: Authorise,
    notices: list[MessageNotice],
    errors: list[Invalid] | None,
    *,
    decided: bool,
) -> Reply:
    message: Er7Message | None = None
    profile: Profile | None = None
    inbound: InboundMessage | None = None
    operation = ""
    try:
        message = parse(text)
        pause_here()
        operation = message.type
        profile = next(iter(of_type(message.type)), None)
        # Before the sender and the content: a caller without access learns nothing else.
        authorise(profile.action if profile else "send_data")
        sender, profile = _sender_and_profile(principal, message, errors)
        operation = profile.name
        pause_here()
        inbound = _inbound_message(principal, text, message, sender, profile, notices, errors, decided=decided)
        pause_here()
        now = principal.workspace.clock.now()
        answer = MESSAGES[profile.name](inbound) or acknowledge(message, "AA", "", now, trigger=message.trigger)
        pause_here()
        not_read = unread(message, profile)  # the acknowledgement has read the header
        return _reply(principal, message, profile, "AA", notices, inbound, operation, answer=answer, not_read=not_read)
    # Before Invalid, because it is a subclass: PKB answers AE if it cannot read a message, AR if it refuses one.
    except Unreadable as error:
        return _reply(principal, message, profile, "AE", notices, inbound, operation, error)
    except Invalid as error:
        return _reply(principal, message, profile, "AR", notices, inbound, operation, error)
    except Exception:
        # After a collected error, the rest of the message may be inconsistent.
        if not errors:
            log.exception("message %s failed", message.control_id if message else "")
        return _reply(
            principal, message, profile, "AE", notices, inbound, operation, Unreadable("null", rule="hl7.unreadable")
        )


def replay(workspace: Workspace, held: HeldMessage) -> None:
    """Process a held message with the credential that sent it. Raises Invalid if that is no longer possible."""
    with caused_by(cause_of(held)):
        principal, message = principal_of(workspace, held), parse(held.text)
        sender, profile = _sender_and_profile(principal, message, None)
        inbound = _inbound_message(principal, held.text, message, sender, profile, [], None, decided=True)
        MESSAGES[inbound.profile.name](inbound)


def cause_of(held: HeldMessage) -> Cause:
    """Return the exchange in which a held message arrived, as the cause of its changes."""
    return Cause(held.exchange, "hl7")


def principal_of(workspace: Workspace, held: HeldMessage) -> Principal:
    """Return the credential that sent a held message, even if it has been revoked since."""
    # The message was sent while the credential was valid; a person decides about it now.
    credential = workspace.store.get(Credential, held.credential)
    return Principal(workspace=workspace, credential=credential, organisation=credential.organisation)


def _sender_and_profile(
    principal: Principal, message: Er7Message, errors: list[Invalid] | None
) -> tuple[Sender, Profile]:
    """Check the header, and return the sender and the profile of the message."""
    for error in envelope_problems(message):
        refuse(errors, error)
    if principal.workspace.settings.strict:
        for error in strict_problems(message):
            refuse(errors, error)
    if not of_type(message.type):
        raise unknown_type()
    try:
        sender = sender_of(principal, message.all[0].text(4))
    except Invalid:
        if errors is not None:
            errors += islice(_problems_whoever_sends(message), MOST_ERRORS)
        raise
    return sender, profile_of(message, sender)


def _inbound_message(
    principal: Principal,
    text: str,
    message: Er7Message,
    sender: Sender,
    profile: Profile,
    notices: list[MessageNotice],
    errors: list[Invalid] | None,
    *,
    decided: bool = False,
) -> InboundMessage:
    """Check a message, and build the input of its handler."""
    header = message.all[0]
    zone = timestamps.zone_of(header.value(7), sender.organisation.time_zone)
    entered_at = None
    with Attempt(errors):
        entered_at = timestamps.parse(header.value(7), "MSH-7.1", zone)
    for error in profile.problems(message):
        refuse(errors, error)
    workspace = principal.workspace
    announced = switched_on(workspace.settings, profile.type)
    return InboundMessage(
        message=message,
        text=text,
        profile=profile,
        record=workspace.record,
        sender=sender,
        credential=principal.credential.id,
        entered_at=entered_at or workspace.clock.now(),
        zone=zone,
        times=read_times(message, profile, announced, zone, partial(refuse, errors)),
        decided=decided,
        replay=partial(_release, workspace),
        notices=notices,
        errors=errors,
    )


def _problems_whoever_sends(message: Er7Message) -> Iterator[Invalid]:
    """Collect missing values of a message whose sender is unknown, if its type has one use."""
    uses = of_type(message.type)
    if len(uses) == 1:
        yield from uses[0].problems(message)


def _release(workspace: Workspace, held: HeldMessage) -> None:
    """Process a held message because a later one about the same data point matched; if that is no longer possible, it
    stays held.
    """
    with suppress(SandboxError):
        replay(workspace, held)
        review.decide(workspace.record, held, "released")


def _reply(
    principal: Principal,
    message: Er7Message | None,
    profile: Profile | None,
    ack: str,
    notices: Sequence[MessageNotice],
    inbound: InboundMessage | None,
    operation: str,
    error: SandboxError | None = None,
    *,
    answer: str | None = None,
    not_read: Sequence[MessageNotice] = (),
) -> Reply:
    text = answer or acknowledge(
        message,
        ack,
        error.text if error else "",
        principal.workspace.clock.now(),
        trigger=message.trigger if message else "",
    )
    return Reply(
        text=text,
        ack=ack,
        message=message,
        type=message.type if message else "",
        control_id=message.control_id if message else "",
        standing=profile.standing if profile else "",
        profile=profile.name if profile else "",
        operation=operation,
        patient=inbound.subjects[-1] if inbound and inbound.subjects else "",
        error=error and error.with_traceback(None),  # whose frames hold the world, and it
        notices=notices,
        unread=not_read,
    )
