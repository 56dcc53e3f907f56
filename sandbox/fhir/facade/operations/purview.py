"""`Consent/$purview`: the grantee of consents that apply to the caller.

Source: *Purview*, http://dev.patientsknowbest.com/home/fhir-api/operation/purview
"""

from __future__ import annotations

from starlette.responses import Response

from sandbox.access.principal import Principal
from sandbox.fhir.facade.operations import parameters
from sandbox.fhir.rendered.invocation import Invocation
from sandbox.model import User


def run(invocation: Invocation) -> Response:
    """Return a reference: the patient, the professional's team, or a professional without a team."""
    parameters.check_no_parameters(invocation)
    return parameters.respond_with_values(invocation, "purview", [{"reference": reference(invocation.viewer.caller)}])


def reference(principal: Principal) -> str:
    """Return the patient; the same applies to a patient who acts as a carer."""
    user = principal.workspace.store.find_one(User, principal.user)
    if user is None:
        return f"Patient/{principal.user}"
    return f"Organization/{user.team}" if user.team else f"Practitioner/{user.id}"
