"""The patient of a FHIR request: by its path, else a search parameter, else a reference in its body.

The patient of a resource is the target of its first reference to one; a Patient is identified by its numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from sandbox.fhir.base.query_string import FORM, MOST_PAIRS, first_pairs
from sandbox.http import subject
from sandbox.http.call import Call
from sandbox.model import Aggregate, Resource
from sandbox.store import Derived, Store

PARAMETERS = frozenset({"patient", "subject", "actor", "recipient", "individual", "participant", "member", "for"})
"""Search parameters that refer to a patient, possibly followed by a chain or modifier."""
OF_A_PATIENT = frozenset({"_id", "identifier"})
"""Search parameters of Patient that identify one."""
MOST_READ = 64 * 1024
"""Maximum number of bytes of a body that are read for this."""
MOST_WORDS = 50
"""Maximum number of references, or numbers, of a body that are tried."""
LONGEST_REMEMBERED = 500
"""The patient of a longer address, in characters, is not remembered."""


class Patterns(NamedTuple):
    """What a patient is found by in the text of a resource: that it is a Patient, its numbers, references to one."""

    patient: re.Pattern[str]
    value: re.Pattern[str]
    reference: re.Pattern[str]


# One pattern for each format: a search for a fixed beginning is several times faster than one for either of two.
IN_JSON = Patterns(
    patient=re.compile(r'"resourceType"\s*:\s*"Patient"'),
    value=re.compile(r'"value(?:Uuid|String)?"\s*:\s*"([^"\\]+)"'),
    reference=re.compile(r'"reference"\s*:\s*"((?:[^"\\]*/)?Patient/[^"\\/]+)'),
)
IN_XML = Patterns(
    patient=re.compile(r"<Patient\b"),
    value=re.compile(r'<value\s+value="([^"]+)"'),
    reference=re.compile(r'<reference\s+value="((?:[^"]*/)?Patient/[^"/]+)"'),
)
_CUSTOMER = re.compile(r"/([^/]+)/fhir(?:/|$)")


def subject_of(call: Call) -> str:
    """Return the public id of the patient; empty if the request has none."""
    query = call.request.scope["query_string"]
    # The address is the key of the cache, so a patient in the body cannot be cached.
    if call.body or len(call.path) + len(query) > LONGEST_REMEMBERED:
        patient = _patient_of_request(call)
    else:
        patient = _BY_ADDRESS.of(call.workspace.store, (call.api, call.path, query), lambda: _patient_of_request(call))
    return patient or subject.signed_in(call)


_BY_ADDRESS: Derived[str] = Derived()


def _patient_of_request(call: Call) -> str:
    """Find the patient by the address, a search parameter or the body; empty when these name none."""
    box = _CUSTOMER.match(call.path) if call.api == "customer" else None
    endpoint = box[1] if box else ""
    path = call.path[box.end() - 1 :] if box else call.path
    type_, id_, *_ = [*path.strip("/").split("/"), "", ""]
    # `$` begins an operation, `_` a word such as `_search` or `_history`.
    if id_ and not id_.startswith(("$", "_")):
        patient = _of_instance(call.workspace.store, endpoint, type_, id_)
        if patient:
            return patient
    patient = _first_of(call.workspace.store, endpoint, _searched(call, type_))
    if not patient and call.body and call.media_type != FORM:
        patient = _of_text(call.workspace.store, endpoint, call.body[:MOST_READ].decode("utf-8", "replace"))
    return patient


def _of_instance(store: Store, endpoint: str, type_: str, id_: str) -> str:
    resource = store.find_one(Resource, f"{endpoint}/{type_}/{id_}") if endpoint else None
    if resource is not None:
        return _of_text(store, endpoint, resource.text)
    if type_ == "Patient":
        return subject.patient_of_word(store, id_)
    aggregate = store.find_one(Aggregate, f"{type_}/{id_}")
    return subject.first_patient_of(store, aggregate.patients) if aggregate else subject.patient_of_entity(store, id_)


def _searched(call: Call, type_: str) -> Iterator[str]:
    """Iterate over the values of parameters that identify a patient, including a search by POST."""
    pairs = call.request.query_params.multi_items() if call.request.scope["query_string"] else []
    if call.body and call.media_type == FORM:
        pairs = [*pairs, *first_pairs(call.body[:MOST_READ])]
    for name, value in pairs[:MOST_PAIRS]:
        base = name.partition(".")[0].partition(":")[0]
        if base in PARAMETERS or (type_ == "Patient" and base in OF_A_PATIENT):
            yield from value.split(",")[:MOST_WORDS]


def _of_text(store: Store, endpoint: str, text: str) -> str:
    """Return the patient of a resource as JSON or XML: by a Patient's numbers, or by a reference."""
    patterns = _patterns_of(text)
    if patterns.patient.search(text) and (patient := subject.first_patient_of(store, _words(patterns.value, text))):
        return patient
    return _first_of(store, endpoint, _words(patterns.reference, text))


def _patterns_of(text: str) -> Patterns:
    return IN_XML if text.lstrip("\ufeff \t\r\n")[:1] == "<" else IN_JSON


def _words(pattern: re.Pattern[str], text: str) -> Iterator[str]:
    for number, match in enumerate(pattern.finditer(text)):
        if number == MOST_WORDS:
            return
        yield match[1]


def _first_of(store: Store, endpoint: str, words: Iterable[str]) -> str:
    """Return the first patient that exists, also by a Customer's own id."""
    for word in words:
        id_ = word.rpartition("/")[2]
        resource = store.find_one(Resource, f"{endpoint}/Patient/{id_}") if endpoint else None
        patient = (
            subject.first_patient_of(store, _words(IN_JSON.value, resource.text))
            if resource
            else subject.patient_of_word(store, word)
        )
        if patient:
            return patient
    return ""
