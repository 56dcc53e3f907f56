"""The patient of a Custom REST call: from path or query, else from the body, else from the token."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sandbox.http import subject
from sandbox.http.call import Call
from sandbox.model import Attachment, Measurement
from sandbox.rest.caller import by_id

OF_A_PATIENT = ("patientId", "userId", "nationalId")
"""Parameters of paths that identify a patient."""
OF_DATA = {"measurementId": Measurement, "id": Attachment}
"""Parameters of paths that identify an entry of a record → its kind. `id` is a patient's at `treatmentPlans`."""
MOST_READ = 64 * 1024
"""Maximum number of bytes of a body that are read for this."""
_IN_BODY = re.compile(r'"(patientId|id|value)"\s*:\s*"?([^"\\,}\s]+)')


def subject_of(call: Call) -> str:
    """Return the public id of the patient; empty if there is none."""
    return _in_path(call) or _in_query(call) or _in_body(call) or subject.signed_in(call)


def _in_path(call: Call) -> str:
    store = call.workspace.store
    # Data first: `id` can be that of a file or, in another path, that of a patient.
    for name, kind in OF_DATA.items():
        entry = by_id(store, kind, call.params[name]) if name in call.params else None
        if entry is not None:
            return subject.public_id(store, entry.patient)
    names = (*OF_A_PATIENT, "id")
    return subject.first_patient_of(store, (call.params[name] for name in names if name in call.params), legacy=True)


def _in_query(call: Call) -> str:
    if not call.request.scope["query_string"]:
        return ""
    return subject.patient_of_word(call.workspace.store, call.request.query_params.get("patientId", ""), legacy=True)


def _in_body(call: Call) -> str:
    """Return the patient of a plan, or the user, in a body; a new user is identified by a national number."""
    return subject.first_patient_of(call.workspace.store, _words(call), legacy=True) if call.body else ""


def _words(call: Call) -> Iterator[str]:
    is_about_a_user = call.path.endswith("/users")
    for match in _IN_BODY.finditer(call.body[:MOST_READ].decode("utf-8", "replace")):
        # In other bodies `id` and `value` are those of a measurement, a medication or a code.
        if match[1] == "patientId" or is_about_a_user:
            yield match[2]
