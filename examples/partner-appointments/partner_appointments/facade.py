"""Read from PKB's Facade as a System Client: one token while it is good, every page, and the read receipts.

Source: *Facade*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3364618357
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

import httpx

from partner_appointments.bugs import has_bug
from partner_appointments.connection import Connection

Json = dict[str, Any]
NHS_NUMBER = "https://fhir.nhs.uk/Id/nhs-number"
MOST_LETTERS = 5000
"""Letters that one request may ask for."""
MARGIN = 60
"""Seconds before its end in which a token is no longer used."""


class Facade:
    """The Facade on behalf of one organisation. `page_size` is the number of resources of a page."""

    def __init__(self, connection: Connection, page_size: int = 50) -> None:
        self._connection = connection
        self._page_size = page_size
        self._http = httpx.Client(base_url=connection.url, timeout=30)
        self._token, self._good_until = "", 0.0

    def close(self) -> None:
        self._http.close()

    def patient(self, nhs_number: str) -> str | None:
        """Return the id of the patient with an NHS number; None if the organisation has no such patient."""
        identifier = nhs_number if has_bug("number-without-system") else f"{NHS_NUMBER}|{nhs_number}"
        bundle = self._call("GET", "/fhir/Patient", params={"identifier": identifier})
        return next((entry["resource"]["id"] for entry in bundle.get("entry", ())), None)

    def appointments(self, patient: str) -> Iterator[Json]:
        """Yield a patient's appointments, page after page."""
        bundle = self._call("GET", "/fhir/Appointment", params={"patient": patient, "_count": self._page_size})
        while True:
            yield from (entry["resource"] for entry in bundle.get("entry", ()))
            following = [link["url"] for link in bundle["link"] if link["relation"] == "next"]
            if not following:
                return
            bundle = self._call("GET", following[0])

    def receipts(self, letters: Sequence[str]) -> Iterator[tuple[str, bool, str]]:
        """Yield number, whether the letter was read, and when first; PKB leaves out letters that it does not know."""
        for begin in range(0, len(letters), MOST_LETTERS):
            numbers = letters[begin : begin + MOST_LETTERS]
            parameters = [{"name": "documentIdentifier", "valueIdentifier": {"value": number}} for number in numbers]
            body = {"resourceType": "Parameters", "parameter": parameters}
            answer = self._call("POST", "/fhir/DocumentReference/$read-receipt-query", json=body)
            yield from (_receipt(row["part"]) for row in answer.get("parameter", ()))

    def _call(self, method: str, address: str, **options: Any) -> Json:
        """Call with the token; once more with a new one if PKB no longer takes it. Raises HTTPStatusError."""
        response = self._http.request(method, address, headers=self._headers(), **options)
        if response.status_code == 401:
            self._token = ""
            response = self._http.request(method, address, headers=self._headers(), **options)
        response.raise_for_status()
        body: Json = response.json()
        return body

    def _headers(self) -> dict[str, str]:
        headers = {"Authorization": f"Bearer {self._access_token()}"}
        return headers if has_bug("no-organisation") else {**headers, "X-Org-Public-Id": self._connection.organisation}

    def _access_token(self) -> str:
        if not self._token or time.monotonic() > self._good_until:
            credentials = (self._connection.client_id, self._connection.client_secret)
            response = self._http.post("/api/oauth/token", data={"grant_type": "client_credentials"}, auth=credentials)
            response.raise_for_status()
            answer = response.json()
            self._token, self._good_until = answer["access_token"], time.monotonic() + answer["expires_in"] - MARGIN
        return self._token


def _receipt(parts: Sequence[Json]) -> tuple[str, bool, str]:
    values = {part["name"]: part for part in parts}
    number = values["documentIdentifier"]["valueIdentifier"]["value"]
    return number, values["read"]["valueBoolean"], values.get("readDateTime", {}).get("valueDateTime", "")
