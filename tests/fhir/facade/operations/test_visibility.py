"""What each operation answers equals what PKB's published rules say, for worlds, callers and data of any kind.

The oracle below is written from the rules alone (https://github.com/patientsknowbest/fhirgate), without a word of
`sandbox.access`: a source sees its own; everybody else what consents that live let them see, unless sharing
is disabled; an organisation knows its patients, and a granting team those of the team.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.model import (
    Code,
    Consent,
    DataPoint,
    Document,
    Grantee,
    Identifier,
    LabResult,
    Name,
    Patient,
    Source,
)
from sandbox.model.organisation import LABELS
from tests.fhir.facade.inprocess import InProcess
from tests.fhir.facade.operations.samples import Json, nhs, parameters, patients

THEN = datetime(2026, 3, 1, 12, tzinfo=UTC)
NUMBER = "9990332215"
PATIENT = "00000000-0000-4000-8000-00000000000a"
NORTHMOOR, EASTGATE = "ab0469a5-c2ba-4ff7-b9d4-9080df2db07e", "771c41ae-3218-4492-a2a3-f5b7aae8ec3d"
TEAMS = {
    "b1fca6de-884d-4803-b760-ebd7f8cac475": NORTHMOOR,
    "6384e0b3-7b55-4bcb-91f1-20682cc85dc0": NORTHMOOR,
    "2c753854-647e-425b-af7c-17507335f501": EASTGATE,
    "31677ba0-5257-4de0-949c-d5401aa941a4": EASTGATE,
}
DIABETES = "2c753854-647e-425b-af7c-17507335f501"
CALLERS: dict[str, tuple[str, set[str]]] = {
    "Northmoor as a whole": (NORTHMOOR, {team for team, owner in TEAMS.items() if owner == NORTHMOOR}),
    "one team of Eastgate": (EASTGATE, {DIABETES}),
}
"""Who calls → the organisation, and the teams that it may be."""

teams = st.sampled_from(sorted(TEAMS))
labels = st.sampled_from(LABELS)
sources = st.builds(lambda team: Source(organisation=TEAMS[team], team=team), teams) | st.just(Source(person=PATIENT))


@st.composite
def consents(draw: st.DrawFn) -> list[Consent]:
    grantees = draw(st.sets(teams))
    return [
        Consent(
            id=f"consent-{team}",
            patient=PATIENT,
            grantee=Grantee(kind="team", id=team),
            labels=tuple(draw(st.sets(labels))),
            discharged=draw(st.booleans()),
            updated_at=THEN,
        )
        for team in sorted(grantees)
    ]


@st.composite
def points(draw: st.DrawFn, /, kind: type[Any], **values: Any) -> list[Any]:
    drawn = []
    for number in range(draw(st.integers(0, 4))):
        at = THEN + timedelta(hours=draw(st.integers(0, 100)), seconds=number)
        common = {"source": draw(sources), "label": draw(labels), "entered_at": at, "persisted_at": at, "at": at}
        own = {"external_id": f"D{number}"} if kind is Document else {}
        drawn.append(kind(id=f"{kind.__name__}-{number}", patient=PATIENT, **common, **values, **own))
    return drawn


@st.composite
def records(draw: st.DrawFn) -> tuple[Patient, list[Consent], list[Document], list[LabResult]]:
    member_of = draw(st.sets(teams))
    organisations = draw(st.sets(st.sampled_from([NORTHMOOR, EASTGATE]))) | {TEAMS[team] for team in member_of}
    patient = Patient(
        id=PATIENT,
        legacy_id=9_000_001,
        name=Name(family="Byrne", given="Ada"),
        identifiers=(Identifier(type="NHS", value=NUMBER),),
        organisations=tuple(sorted(organisations)),
        teams=tuple(sorted(member_of)),
        date_of_birth=draw(st.none() | st.dates(date(1990, 1, 1), date(2024, 1, 1))),
        registered=draw(st.booleans()),
        deceased=draw(st.booleans()),
        sharing_disabled=draw(st.booleans()),
        access_frozen=draw(st.booleans()),
        entered_at=THEN,
        created_at=THEN,
        updated_at=THEN,
    )
    documents = draw(points(Document, type="CLINIC_LETTER", title=""))
    results = draw(points(LabResult, report="r", code=Code(text="Urea")))
    return patient, draw(consents()), documents, results


def knows(caller: str, patient: Patient) -> bool:
    organisation, own = CALLERS[caller]
    if caller == "Northmoor as a whole":
        return organisation in patient.organisations
    return not own.isdisjoint(patient.teams)


def sees(caller: str, patient: Patient, consents: list[Consent], point: DataPoint) -> bool:
    organisation, own = CALLERS[caller]
    if caller != "Northmoor as a whole" and point.source.team in own:
        return True
    if not knows(caller, patient):
        return False
    if point.source.team in own or (caller == "Northmoor as a whole" and point.source.organisation == organisation):
        return True
    consented = (consent for consent in consents if consent.grantee.id in own and not consent.discharged)
    return not patient.sharing_disabled and any(point.label in consent.labels for consent in consented)


def invited(patient: Patient, today: date) -> bool:
    born = patient.date_of_birth
    if patient.registered or patient.deceased or born is None:
        return False
    sixteenth = date(born.year + 16, 3, 1) if (born.month, born.day) == (2, 29) else born.replace(year=born.year + 16)
    return sixteenth <= today


@pytest.fixture(scope="module")
def facade() -> Iterator[InProcess]:
    in_process = InProcess()
    seeded = in_process.workspace.store.snapshot()
    yield in_process
    in_process.workspace.store.restore(seeded)


def ask(facade: InProcess, caller: str, path: str, body: Json | None = None) -> Json:
    headers = {"X-Org-Public-Id": CALLERS[caller][0]}
    method, content = ("POST", {"json": body}) if body else ("GET", {})
    response = facade.ask(path, None, method, headers=headers, **content)
    assert response.status_code == 200, response.text
    answer: Json = response.json()
    return answer


def rows(answer: Json) -> list[Json]:
    return [
        {part["name"]: next(value for key, value in part.items() if key != "name") for part in entry["part"]}
        for entry in answer.get("parameter", [])
    ]


@settings(max_examples=120)
@given(record=records(), caller=st.sampled_from(sorted(CALLERS)))
def test_operations_answer_what_the_rules_say(facade: InProcess, record: Any, caller: str):
    patient, consents, documents, results = record
    store = facade.workspace.store
    seeded = store.snapshot()
    for entity in (patient, *consents, *documents, *results):
        store.put(entity)
    try:
        is_subject = any(sees(caller, patient, consents, point) for point in (*documents, *results))
        check_status(facade, caller, patient, is_subject or knows(caller, patient))
        check_receipts(facade, caller, patient, consents, documents)
        check_last(facade, caller, patient, consents, [*documents, *results])
        check_tokens(facade, caller, patient)
        check_group(facade, caller, patient, consents, results)
    finally:
        store.restore(seeded)


def check_status(facade: InProcess, caller: str, patient: Patient, is_known: bool) -> None:
    (status,) = rows(ask(facade, caller, "/Patient/$status-query", patients(nhs(NUMBER))))
    assert (status["registered"], status["deceased"]) == (patient.registered, patient.deceased)
    assert status.get("diagnostics") == (None if is_known else "No access")
    born = patient.date_of_birth.isoformat() if patient.date_of_birth else None
    assert status.get("dateOfBirth") == (born if is_known else None)


def check_receipts(
    facade: InProcess, caller: str, patient: Patient, consents: list[Consent], documents: list[Document]
) -> None:
    parts = [("documentIdentifier", {"valueString": f"D{number}"}) for number in range(4)]
    receipts = rows(ask(facade, caller, "/DocumentReference/$read-receipt-query", parameters(*parts)))
    own = [document for document in documents if document.source.organisation == CALLERS[caller][0]]
    expected = [document.external_id for document in own if sees(caller, patient, consents, document)]
    assert [row["documentIdentifier"]["value"] for row in receipts] == expected


def check_last(
    facade: InProcess, caller: str, patient: Patient, consents: list[Consent], data_points: list[DataPoint]
) -> None:
    answer = rows(ask(facade, caller, "/Patient/$date-of-last-data-point", patients(nhs(NUMBER))))
    visible = [point.persisted_at for point in data_points if sees(caller, patient, consents, point)]
    if not (visible or knows(caller, patient)):
        assert answer == []
        return
    last = max(visible).isoformat().replace("+00:00", "Z") if visible else None
    assert [row.get("lastRecordUpdate") for row in answer] == [last]


def check_tokens(facade: InProcess, caller: str, patient: Patient) -> None:
    answer = rows(ask(facade, caller, "/Organization/$generate-invitation-tokens", patients(nhs(NUMBER))))
    today = facade.workspace.clock.now().astimezone(ZoneInfo("Europe/London")).date()
    assert len(answer) == (knows(caller, patient) and invited(patient, today))


def check_group(
    facade: InProcess, caller: str, patient: Patient, consents: list[Consent], results: list[LabResult]
) -> None:
    category = "http://fhir.patientsknowbest.com/codesystem/observation-category%7CLABORATORY"
    bundle = ask(facade, caller, f"/Observation/$group?patient=Patient/{PATIENT}&category={category}")
    latest: dict[date, LabResult] = {}
    for result in sorted(results, key=lambda result: result.at):
        if sees(caller, patient, consents, result):
            latest[result.at.astimezone(ZoneInfo("Europe/London")).date()] = result
    expected = [latest[day].id for day in sorted(latest, reverse=True)]
    assert [entry["resource"]["id"] for entry in bundle.get("entry", [])] == expected
    assert bundle["total"] == len(expected)
