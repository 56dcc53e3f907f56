"""The status of a refusal at each API, from the tables by which the front ends translate errors."""

from __future__ import annotations

from reference_pages.refusals import Refusal
from sandbox.control import problem
from sandbox.errors import Injected, Invalid, Unreadable
from sandbox.fhir.base import outcome
from sandbox.fhir.base.dialects import HAPI
from sandbox.hl7.soap import SoapFault
from sandbox.oauth import errors as oauth
from sandbox.rest import dialect as rest


def status_of(refusal: Refusal, api: str) -> str:
    """Return the status in words: `400 invalid` for FHIR, `AR` for a message."""
    if api == "command":
        return ""
    if issubclass(refusal.kind, Injected) and refusal.status:
        return str(refusal.status)
    return {"hl7": _hl7, "rest": _rest, "oauth": _oauth, "control": _control}.get(api, _fhir)(refusal)


def _hl7(refusal: Refusal) -> str:
    if issubclass(refusal.kind, SoapFault):
        return "500, SOAP fault"
    if issubclass(refusal.kind, Unreadable):
        return "AE"
    if issubclass(refusal.kind, Invalid) or refusal.stands_for_texts:
        return "AR"
    return _fhir(refusal).partition(" ")[0]


def _rest(refusal: Refusal) -> str:
    word = refusal.code if refusal.code in rest.statuses() else ""
    word = word or next(name for kind, name in rest.CODES if issubclass(refusal.kind, kind))
    return f"{rest.statuses()[word]} {word}" if not refusal.stands_for_texts else ""


def _oauth(refusal: Refusal) -> str:
    if refusal.status or issubclass(refusal.kind, oauth.TokenError):
        return f"{refusal.status or 400} {refusal.code}".strip()
    status = next((status for kind, status, _ in oauth.STATUS if issubclass(refusal.kind, kind)), 500)
    return str(status) if not refusal.stands_for_texts else ""


def _control(refusal: Refusal) -> str:
    return str(next((status for kind, status in problem.STATUS if issubclass(refusal.kind, kind)), 500))


def _fhir(refusal: Refusal) -> str:
    if refusal.stands_for_texts:
        return ""
    if issubclass(refusal.kind, outcome.NotHandled) and HAPI.not_offered == 400:
        return "400 processing"
    row = next(((status, word) for kind, status, word in outcome.STATUS if issubclass(refusal.kind, kind)), (500, ""))
    word = outcome.RESPONSE_CODES[refusal.code][1] if refusal.code in outcome.RESPONSE_CODES else refusal.code or row[1]
    return f"{row[0]} {word}".strip()
