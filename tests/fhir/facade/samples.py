"""How the tests of the Facade's resources ask, and the people and things of the default world."""

from __future__ import annotations

from typing import Any

import httpx

from tests.support import NORTHMOOR, Client

Json = dict[str, Any]
STRUCTURE = "http://fhir.patientsknowbest.com/structuredefinition"
CODES = "http://fhir.patientsknowbest.com/codesystem"
NORTHMOOR_ID, EASTGATE_ID = "ab0469a5-c2ba-4ff7-b9d4-9080df2db07e", "771c41ae-3218-4492-a2a3-f5b7aae8ec3d"
RENAL, DIABETES = "b1fca6de-884d-4803-b760-ebd7f8cac475", "2c753854-647e-425b-af7c-17507335f501"
TOLA, RHYS, NOOR, SAMIRA, GETHIN, BETTINA, AOIFE, ROBIN, TADEUSZ = (
    "4c86625f-13d7-423c-93e9-d58574a12dec",
    "ca7dfd5d-19d2-4e88-88f1-def6bb3a9200",
    "c5df01a4-efc3-421a-8827-6c4aa06cf228",
    "9fc8c651-1a1d-47c4-b0c2-1f724601ecf4",
    "7851058b-23ad-41e3-ba47-a022f1e3560d",
    "305c139b-58ff-4dd0-b2eb-89e8cf7edbef",
    "ab3321fb-7a51-4432-aa6e-1e98e346ab17",
    "446cf39c-c0c1-48ac-a661-f9b2f7284d05",
    "9488afa7-5647-4304-84f1-b3a14ecf50bb",
)
OWEN = "f1640ff8-d059-403c-b0d5-295ffc6e627d"
E_MAIL = {
    TOLA: "tola.adeyemi@example.org",
    RHYS: "rhys.delacroix@example.org",
    SAMIRA: "samira.halloran@example.org",
    GETHIN: "gethin.prosser@example.org",
    BETTINA: "bettina.achterberg@example.org",
    OWEN: "owen.bright@northmoor.example",
}
LABORATORY = f"category={CODES}/observation-category%7CLABORATORY"
RADIOLOGY = "category=urn:x%7CRADIOLOGY"


def ask(pkb: Client, path: str, user: str = "", organisation: str = NORTHMOOR) -> httpx.Response:
    """As the partner for an organisation, or as a person who signed in to an app."""
    if not user:
        return pkb.facade(path, organisation=organisation)
    client = "stepwise-clinic" if user == OWEN else "stepwise-diary"
    token = pkb.user_token(E_MAIL[user], client)
    return pkb.facade(path, client="", organisation=None, headers={"Authorization": f"Bearer {token}"})


def matches_of(response: httpx.Response) -> list[Json]:
    """The matches of a searchset, in their order."""
    assert response.status_code == 200, response.text
    bundle = response.json()
    matches = [e["resource"] for e in bundle.get("entry", []) if e["search"]["mode"] == "match"]
    assert bundle["total"] == len(matches)
    return matches


def search(pkb: Client, path: str, user: str = "", organisation: str = NORTHMOOR) -> list[Json]:
    return matches_of(ask(pkb, path, user, organisation))


def match_with(pkb: Client, path: str, id_: str, **caller: str) -> Json:
    """The one match with that id."""
    (match,) = (match for match in search(pkb, path, **caller) if match["id"] == id_)
    return match


def source(organisation: str, team: str, *more: tuple[str, Json]) -> list[Json]:
    names = {
        NORTHMOOR_ID: "Northmoor NHS Trust",
        EASTGATE_ID: "Eastgate Community Health",
        RENAL: "Northmoor Renal",
        DIABETES: "Eastgate Diabetes",
    }
    sources = [
        ("source-organisation", {"reference": f"Organization/{organisation}", "display": names[organisation]}),
        ("source-team", {"reference": f"Organization/{team}", "display": names[team]}),
        *more,
    ]
    return [{"url": f"{STRUCTURE}/{name}", "valueReference": value} for name, value in sources]


def meta(at: str, extension: list[Json], label: str = "GENERAL_HEALTH") -> Json:
    return {
        "lastUpdated": at,
        "extension": extension,
        "security": [{"system": f"{CODES}/privacy-label", "code": label}],
    }


def specialty(code: str) -> Json:
    return {"url": f"{STRUCTURE}/specialty", "valueCoding": {"code": code}}


def to_rhys() -> Json:
    return {"reference": f"Patient/{RHYS}", "display": "Mr Rhys Delacroix"}
