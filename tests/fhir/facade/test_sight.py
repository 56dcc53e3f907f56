"""One caller's view of the record while it changes, and what it says about what it hides."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sandbox.errors import Forbidden
from sandbox.fhir.base.viewer import Viewer
from sandbox.fhir.facade.sight import Sight, referred_id
from sandbox.fhir.rendered.query.reference import ReferenceCriterion
from sandbox.model import Consent, Document, Grantee, Source
from tests.fhir.facade.inprocess import NORTHMOOR, InProcess

RENAL, GENERAL = "b1fca6de-884d-4803-b760-ebd7f8cac475", "ab37b23d-c031-4ced-86aa-2691c368e777"
TADEUSZ, TOLA, RHYS, NOOR, SAMIRA, OWEN = (
    "9488afa7-5647-4304-84f1-b3a14ecf50bb",
    "4c86625f-13d7-423c-93e9-d58574a12dec",
    "ca7dfd5d-19d2-4e88-88f1-def6bb3a9200",
    "c5df01a4-efc3-421a-8827-6c4aa06cf228",
    "9fc8c651-1a1d-47c4-b0c2-1f724601ecf4",
    "f1640ff8-d059-403c-b0d5-295ffc6e627d",
)
NOW = datetime(2026, 3, 1, tzinfo=UTC)
CONSENT = Consent(
    id="c", patient=TADEUSZ, grantee=Grantee(kind="team", id=RENAL), labels=("GENERAL_HEALTH",), updated_at=NOW
)
LETTER = Document(
    id="letter", patient=TADEUSZ, source=Source(organisation=NORTHMOOR, team=GENERAL), entered_at=NOW, persisted_at=NOW,
    at=NOW, type="CLINIC_LETTER", title="Letter",
)  # fmt: skip


class Scene:
    """A letter of another team of the organisation, and a person who looks at it."""

    def __init__(self, user: str = OWEN, scope: str = "CLINICIAN", sees_others: bool = True) -> None:
        facade = InProcess()
        self.store = facade.workspace.store
        self.store.put(CONSENT)
        self.store.put(LETTER)
        self.questions, self.changes, self.warnings = 0, list[datetime](), list[tuple[str, list[str]]]()
        self.sees_others = sees_others
        client = "stepwise-diary" if scope == "PATIENT" else "stepwise-clinic"
        self.viewer = Viewer(
            facade.user(user, scope, client), facade.workspace, NOW, self.reads_from_others, self.warn,
            self.changes.append,
        )  # fmt: skip
        self.sight = Sight.of(self.viewer)

    def reads_from_others(self) -> bool:
        self.questions += 1
        return self.sees_others

    def warn(self, rule: str, texts: Iterable[str]) -> None:
        self.warnings.append((rule, list(texts)))


def test_a_request_has_one_view_of_the_record():
    scene = Scene()
    assert Sight.of(scene.viewer) is scene.sight


def test_what_was_seen_is_seen_until_the_consent_ends():
    scene = Scene()
    assert scene.sight.seen([LETTER]) == [LETTER]
    assert scene.sight.still_sees(LETTER)
    scene.store.put(replace(CONSENT, discharged=True))
    assert not scene.sight.still_sees(LETTER)
    assert scene.sight.seen([LETTER]) == []
    scene.store.put(CONSENT)
    assert scene.sight.still_sees(LETTER)


def test_what_was_hidden_stays_hidden_while_nothing_changes():
    scene = Scene()
    secret = replace(LETTER, id="secret", label="SEXUAL_HEALTH")
    scene.store.put(secret)
    assert scene.sight.seen([LETTER, secret]) == [LETTER]
    assert not scene.sight.still_sees(secret)


def test_the_current_label_of_an_earlier_match_decides():
    scene = Scene()
    assert scene.sight.seen([LETTER]) == [LETTER]
    scene.store.put(replace(LETTER, label="SEXUAL_HEALTH"))
    assert not scene.sight.still_sees(LETTER)


def test_the_matrix_is_asked_about_others_once_and_only_if_there_is_anything():
    scene = Scene()
    assert scene.sight.seen([]) == []
    assert scene.questions == 0
    scene.sight.seen([LETTER, replace(LETTER, id="another")])
    assert scene.questions == 1


OTHERS = "it comes from another source, whose data the access matrix does not allow this caller to read"
REASONS: dict[str, tuple[Document, bool, list[str]]] = {
    "nothing": (LETTER, True, []),
    "another label": (
        replace(LETTER, label="SEXUAL_HEALTH"),
        True,
        ["1 Document withheld: its privacy label is SEXUAL_HEALTH, which the patient did not grant to this caller"],
    ),
    "data of others": (
        LETTER,
        False,
        [f"1 Document withheld: {OTHERS}"],
    ),
    "no patient": (replace(LETTER, patient="nobody"), True, ["1 Document withheld: its patient does not exist"]),
}  # fmt: skip


@pytest.mark.parametrize("name", REASONS)
def test_a_search_says_why_it_withholds(name: str):
    point, sees_others, lines = REASONS[name]
    scene = Scene(sees_others=sees_others)
    assert scene.sight.seen([point]) == ([] if lines else [point])
    assert scene.warnings == ([("facade.search-empty", lines)] if lines else [])


RELEASES: list[tuple[str, timedelta | None, bool]] = [
    ("PATIENT", None, False),
    ("PATIENT", timedelta(0), False),
    ("PATIENT", timedelta(seconds=1), True),
    ("PATIENT", -timedelta(seconds=1), False),
    ("CLINICIAN", timedelta(seconds=1), False),
]


@pytest.mark.parametrize(("scope", "until", "is_hidden"), RELEASES)
def test_content_is_withheld_from_patients_until_its_release(scope: str, until: timedelta | None, is_hidden: bool):
    scene = Scene(TOLA if scope == "PATIENT" else OWEN, scope)
    released_at = None if until is None else NOW + until
    assert scene.sight.hides(released_at) is is_hidden
    assert scene.changes == ([released_at] if scope == "PATIENT" and released_at else [])


SEARCHES: list[tuple[str, str, str | None, bool]] = [
    (TOLA, "PATIENT", TOLA, True),
    (SAMIRA, "PATIENT", NOOR, True),
    (NOOR, "PATIENT", SAMIRA, False),
    (TOLA, "PATIENT", RHYS, False),
    (TOLA, "PATIENT", "nobody", False),
    (OWEN, "CLINICIAN", RHYS, True),
    (OWEN, "CLINICIAN", "nobody", True),
    (OWEN, "CLINICIAN", None, True),
]


@pytest.mark.parametrize(("user", "scope", "named", "is_allowed"), SEARCHES)
def test_a_patient_may_name_only_a_record_shared_with_her(user: str, scope: str, named: str | None, is_allowed: bool):
    sight = Scene(user, scope).sight
    criteria = {} if named is None else {"patient": (ReferenceCriterion("Patient", named),)}
    assert referred_id(criteria, "patient") == named
    if not is_allowed:
        with pytest.raises(Forbidden):
            sight.named(criteria)
        return
    patient = sight.named(criteria)
    assert (patient.id if patient else None) == (None if named in (None, "nobody") else named)
