"""Links between PKB and an appointment partner, as a patient would follow them: out with who the patient is, and back.

Source: *Appointment Partners*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3365012889/Appointment+Partners
"""

from __future__ import annotations

from sandbox.access import login_identity
from sandbox.call import Call
from sandbox.model import Patient


class PartnerLinks:
    """The links of one answer: each patient's identity is signed once."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._identities: dict[str, str] = {}

    def out(self, patient: Patient, url: str) -> str:
        """The partner's URL, with the identity of a registered patient where the setting `nhs_login_links` is on."""
        if not patient.registered or patient.deceased or not self._call.settings.nhs_login_links:
            return url
        if patient.id not in self._identities:
            token = login_identity.issue(self._call.workspace, patient.id, self._call.base_url)
            self._identities[patient.id] = token.value
        return login_identity.with_identity(url, self._identities[patient.id])

    def back(self) -> str:
        """The URL that PKB gives the partner: its page of appointments, on the base that the client used."""
        return self._call.base_url + login_identity.APPOINTMENTS
