"""The client under test: a partner that gets a token, reads the Facade and an app user's data, and sends messages."""

from __future__ import annotations

import re
from xml.sax.saxutils import escape

import httpx

ENVELOPE = (
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
    ' xmlns:wss="http://wsssl.hl7api.patientsknowbest.com/"><soapenv:Body>'
    "<wss:acceptMessage><arg0>{}</arg0></wss:acceptMessage></soapenv:Body></soapenv:Envelope>"
)
NHS_NUMBER = "https://fhir.nhs.uk/Id/nhs-number"


class Unavailable(Exception):
    """PKB asks to come back after some seconds."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"come back after {seconds} s")
        self.seconds = seconds


class Letterbox:
    """Calls PKB at a base URL."""

    def __init__(self, base_url: str) -> None:
        self._http = httpx.Client(base_url=base_url, timeout=30)

    def token(self, basic: str) -> str:
        """Get an access token with the client credentials grant."""
        response = self._http.post(
            "/api/oauth/token", data={"grant_type": "client_credentials"}, headers={"Authorization": basic}
        )
        response.raise_for_status()
        return str(response.json()["access_token"])

    def name_of(self, patient_id: str, token: str, organisation_id: str) -> str | None:
        """Read the family name of a patient; None without such a patient."""
        response = self._facade(f"/fhir/Patient/{patient_id}", token, organisation_id)
        if response.status_code == 404:
            return None
        response.raise_for_status()
        return str(response.json()["name"][0]["family"])

    def appointments(self, patient_id: str, token: str, organisation_id: str) -> dict[str, str]:
        """Search for the appointments of a patient, and return the status of each by its id."""
        response = self._facade("/fhir/Appointment", token, organisation_id, {"patient": patient_id})
        response.raise_for_status()
        resources = [entry["resource"] for entry in response.json().get("entry", ())]
        return {resource["id"]: resource["status"] for resource in resources}

    def _facade(
        self, path: str, token: str, organisation_id: str, query: dict[str, str] | None = None
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}", "X-Org-Public-Id": organisation_id}
        response = self._http.get(path, params=query, headers=headers)
        if response.status_code == 503:
            raise Unavailable(int(response.headers["Retry-After"]))
        if response.status_code == 401:
            raise PermissionError("the token has expired: get a new one")
        return response

    def send(self, message: str, basic: str) -> str:
        """Send an HL7 message in SOAP, and return the code of its acknowledgement."""
        headers = {"Authorization": basic, "Content-Type": "text/xml;charset=utf-8", "SOAPAction": '""'}
        response = self._http.post("/services/hl7", content=ENVELOPE.format(escape(message)), headers=headers)
        response.raise_for_status()
        return re.search(r"MSA\|(\w\w)", response.text)[1]  # type: ignore[index]

    def weights(self, token: str) -> list[str]:
        """Read the weights, in kilograms, of the person who signed in to the app."""
        response = self._http.get("/json/v1/measurements/byType/weight", headers={"Authorization": f"Bearer {token}"})
        response.raise_for_status()
        return [reading["value"] for row in response.json()["results"] for reading in row["history"]]
