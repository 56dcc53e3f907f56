"""Every reference that the Facade gives can be read by the caller whom it was given to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.support import EASTGATE, NORTHMOOR, Client

Json = dict[str, Any]
LABORATORY = "http://fhir.patientsknowbest.com/codesystem/observation-category|LABORATORY"
SEARCHES = (
    "Appointment?patient={0}",
    "Communication?patient={0}",
    "Consent?patient={0}",
    "DiagnosticReport?patient={0}&category=x|RADIOLOGY",
    "DocumentReference?patient={0}",
    "Encounter?patient={0}",
    f"Observation?patient={{0}}&category={LABORATORY}",
    "QuestionnaireResponse?patient={0}",
)
READ = ("Organization", "Patient", "Practitioner", "ProcedureRequest", "Questionnaire")
CLINIC = "stepwise-clinic"


def partner(organisation: str) -> Any:
    def ask(pkb: Client, path: str) -> httpx.Response:
        return pkb.facade(f"/{path}", organisation=organisation)

    return ask


def person(email: str, client: str) -> Any:
    def ask(pkb: Client, path: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {pkb.user_token(email, client)}"}
        return pkb.http.get(f"/fhir/{path}", headers=headers)

    return ask


CALLERS = {
    "a partner for Northmoor": partner(NORTHMOOR),
    "a partner for a team of Eastgate": partner(EASTGATE),
    "a professional": person("owen.bright@northmoor.example", CLINIC),
    "a professional of another team": person("leonie.marchetti@northmoor.example", CLINIC),
    "a coordinator": person("dilys.farrow@northmoor.example", CLINIC),
    "a professional of another organisation": person("sabitha.kurian@eastgate.example", CLINIC),
    "a patient": person("tola.adeyemi@example.org", "stepwise-diary"),
    "a carer": person("samira.halloran@example.org", "stepwise-diary"),
}


def references(value: Any) -> Iterator[str]:
    """The references in a resource; not the identity of a carer, whose RelatedPerson is contained."""
    if isinstance(value, dict):
        if isinstance(value.get("reference"), str):
            yield value["reference"]
        for key, part in value.items():
            if key != "contained":
                yield from references(part)
    elif isinstance(value, list):
        for part in value:
            yield from references(part)


@pytest.mark.parametrize("caller", CALLERS)
def test_what_a_caller_is_referred_to_can_be_read(pkb: Client, caller: str):
    ask, waiting, visited = CALLERS[caller], [], set()
    for patient in pkb.control("/world")["patients"]:
        for search in SEARCHES:
            response = ask(pkb, search.format(patient["id"]))
            assert response.status_code in (200, 403), response.text
            waiting += [entry["resource"] for entry in response.json().get("entry", ())]
    assert waiting
    while waiting:
        for reference in references(waiting.pop()):
            type_ = reference.partition("/")[0]
            if type_ in READ and reference not in visited:
                visited.add(reference)
                response = ask(pkb, reference)
                assert response.status_code == 200, (reference, response.text)
                waiting.append(response.json())
    assert any(reference.startswith("Patient/") for reference in visited)
