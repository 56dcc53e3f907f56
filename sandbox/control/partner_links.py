"""Links between PKB and an appointment partner, as a patient would follow them: with the patient's identity, and
back.

Source: *Appointment Partners*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3365012889/Appointment+Partners
"""

from __future__ import annotations

from sandbox.access import login_identity
from sandbox.domain.patients import invitations
from sandbox.http.call import Call
from sandbox.model import Patient


class PartnerLinks:
    """The links of one response: each patient's identity is signed once."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._identities: dict[str, str] = {}

    def partner_address(self, patient: Patient, url: str) -> str:
        """Return the partner's URL, with the identity of a patient who can have NHS login, unless a setting disables
        it.
        """
        if not self._call.settings.nhs_login_links or not self._has_nhs_login(patient):
            return url
        if patient.id not in self._identities:
            token = login_identity.issue(self._call.workspace, patient.id, self._call.base_url)
            self._identities[patient.id] = token.value
        return login_identity.with_identity(url, self._identities[patient.id])

    def _has_nhs_login(self, patient: Patient) -> bool:
        child = invitations.is_child(self._call.workspace.record, patient.date_of_birth)
        return patient.registered and not patient.deceased and not child

    def back(self) -> str:
        """Return the URL that PKB gives the partner: its page of appointments, with the base URL that the client
        used.
        """
        return self._call.base_url + login_identity.APPOINTMENTS
