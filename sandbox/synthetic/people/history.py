"""The history of a synthetic patient, in PKB's own entities, the same for the same seed.

The history is consistent: medicines match diagnoses, results have the flag of their range, letters
describe the visit before them, and nothing happens before birth, after death or after the world's date.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sandbox import model
from sandbox.synthetic.people.at_home import at_home
from sandbox.synthetic.people.chance import AS_OF, chance, identity, moment
from sandbox.synthetic.people.pdf import pdf
from sandbox.synthetic.people.people import person, professional_name
from sandbox.synthetic.people.told import History, Home, clinical

SNOMED = "SNOMED CT"
YEARS = 3
"""Number of years before the world's date, or the patient's death, in which events lie."""


def history(seed: int, number: int = 0, as_of: datetime = AS_OF, home: Home | None = None) -> History:
    """Return patient and history by number and seed, with events before `as_of`."""
    return _Telling.of(seed, number, as_of, home or Home()).history()


@dataclass(slots=True)
class _Telling:
    """A history under construction: patient, home, and the last day of past events."""

    seed: int
    number: int
    home: Home
    as_of: datetime
    patient: model.Patient
    source: random.Random = field(repr=False)

    @classmethod
    def of(cls, seed: int, number: int, as_of: datetime, home: Home) -> _Telling:
        patient = at_home(person(seed, number, as_of), seed, number, home)
        return cls(seed, number, home, as_of, patient, chance(seed, "history", number))

    def history(self) -> History:
        diagnosed = self._conditions()
        visit = self._visit()
        return History(
            patient=self.patient,
            consent=self._consent() if self.home.team else None,
            allergies=tuple(self._allergies()),
            diagnoses=tuple(diagnosis for diagnosis, _ in diagnosed),
            medications=tuple(self._medication(diagnosis, row) for diagnosis, row in diagnosed),
            encounters=(visit,),
            appointments=tuple(self._appointments()),
            results=tuple(self._report(place) for place in range(self.source.randint(1, 2))),
            measurements=tuple(self._measurements()),
            radiology=tuple(self._radiology(row) for row in self._drawn_rows("radiology", 0.25)),
            documents=(self._letter(visit),),
            plans=tuple(self._plan(row) for row in self._drawn_rows("plan", 0.3)),
        )

    @property
    def last(self) -> datetime:
        return self.patient.died_at or self.as_of

    @property
    def age(self) -> float:
        assert self.patient.date_of_birth is not None  # noqa: S101 - invented people were born
        return (self.last.date() - self.patient.date_of_birth).days / 365.25

    def when(self) -> datetime:
        """Return a time within the last years of the patient's life, or up to the world's date."""
        assert self.patient.date_of_birth is not None  # noqa: S101 - invented people were born
        first = max(self.patient.date_of_birth, (self.last - timedelta(days=365 * YEARS)).date())
        return moment(self.source, first, self.last)

    def common(self, kind: str, at: datetime, place: int = 0) -> dict[str, Any]:
        """Return the common attributes of data points."""
        clinician = professional_name(chance(self.seed, "Practitioner", self.number % 24))
        return {
            "id": identity(self.seed, kind, self.number, place),
            "patient": self.patient.id,
            "source": model.Source(
                organisation=self.home.organisation or None, team=self.home.team or None, text=clinician.display
            ),
            "external_id": f"{kind[:3].upper()}{self.seed % 1000:03}{self.number:06}-{place + 1}",
            "entered_at": at,
            "persisted_at": at,
        }

    def _drawn_rows(self, table: str, share: float) -> list[dict[str, Any]]:
        return [self.source.choice(clinical()[table])] if self.source.random() < share else []

    def _consent(self) -> model.Consent:
        return model.Consent(
            id=identity(self.seed, "Consent", self.number),
            patient=self.patient.id,
            grantee=model.Grantee(kind="team", id=self.home.team),
            labels=("GENERAL_HEALTH",),
            updated_at=self.patient.entered_at,
        )

    def _allergies(self) -> Iterator[model.Allergy]:
        for row in self._drawn_rows("allergy", 0.3):
            at = self.when()
            yield model.Allergy(
                **self.common("allergy", at),
                allergen=_snomed(row),
                severity=model.Code(code=self.source.choice(("MI", "MO", "SV"))),
                reactions=tuple(row["reactions"]),
                onset_at=_midnight(at),
            )

    def _conditions(self) -> list[tuple[model.Diagnosis, dict[str, Any]]]:
        """Return diagnoses that fit the patient's age, each with one of its medicines."""
        fitting = [row for row in clinical()["condition"] if row["from_age"] <= self.age]
        chosen = self.source.sample(fitting, min(len(fitting), self.source.randint(1, 3)))
        pairs = []
        for place, row in enumerate(chosen):
            at = self.when()
            common = self.common("diagnosis", at, place)
            diagnosis = model.Diagnosis(
                **common,
                diagnosis=_snomed(row),
                diagnosed_at=_midnight(at),
                clinician=common["source"].text,
            )
            pairs.append((diagnosis, self.source.choice(row["medicines"])))
        return pairs

    def _medication(self, diagnosis: model.Diagnosis, row: dict[str, Any]) -> model.Medication:
        place = int(diagnosis.external_id.rpartition("-")[2]) - 1
        return model.Medication(
            **self.common("medication", diagnosis.entered_at, place),
            substance=_snomed(row),
            frequency=row["frequency"],
            dose=row["dose"],
            dose_units=model.Code(text=row["unit"]),
            start_at=diagnosis.diagnosed_at,
        )

    def _visit(self) -> model.Encounter:
        """Build a stay of some days on a ward."""
        clinic, admitted = self.source.choice(clinical()["clinic"]), self.when()
        left = min(admitted + timedelta(days=self.source.randint(1, 6)), self.last - timedelta(hours=1))
        ward = self.source.choice(("Elm Ward", "Oak Ward", "Ash Ward"))
        return model.Encounter(
            **self.common("visit", left),
            specialty=clinic["specialty"],
            events=tuple(
                model.EncounterEvent(
                    id=identity(self.seed, "event", self.number, type_),
                    type=type_,
                    at=at,
                    class_="IN_PATIENT",
                    location=ward,
                    specialty=clinic["specialty"],
                    entered_at=at,
                )
                for type_, at in (("ADMIT", admitted), ("DISCHARGE", left))
            ),
        )

    def _appointments(self) -> Iterator[model.Appointment]:
        """Build a past appointment and, for a living patient, a future one."""
        for place, ahead in enumerate((False, True) if not self.patient.deceased else (False,)):
            clinic = self.source.choice(clinical()["clinic"])
            start = self.as_of + timedelta(days=self.source.randint(3, 150)) if ahead else self.when()
            booked = min(start, self.last) - timedelta(days=1) if not ahead else self.when()
            yield model.Appointment(
                **self.common("appointment", max(booked, self.patient.entered_at) if ahead else booked, place),
                specialty=clinic["specialty"],
                subject=f"{clinic['name']} review",
                start_at=start,
                end_at=start + timedelta(minutes=20),
                location=clinic["place"],
                participants=(
                    model.Participant(name=professional_name(chance(self.seed, "Practitioner", self.number % 24))),
                ),
            )

    def _report(self, place: int) -> tuple[model.LabReport, tuple[model.LabResult, ...]]:
        panel, taken_at = self.source.choice(clinical()["panel"]), self.when()
        common = self.common("laboratory", min(taken_at + timedelta(hours=3), self.last), place)
        report = model.LabReport(**common, discipline=panel["discipline"], received_at=taken_at)
        return report, tuple(self._result(report, panel, row, taken_at) for row in panel["tests"])

    def _result(
        self, report: model.LabReport, panel: dict[str, Any], row: dict[str, Any], at: datetime
    ) -> model.LabResult:
        value, flag = measured(self.source, row)
        return model.LabResult(
            id=identity(report.id, row["code"]),
            patient=report.patient,
            source=report.source,
            external_id=report.external_id,
            entered_at=report.entered_at,
            persisted_at=report.persisted_at,
            report=report.id,
            code=model.Code(code=row["code"], text=row["text"], system="L9"),
            service=model.Code(code=panel["code"], text=panel["text"], system="L9"),
            at=at,
            value=value,
            unit=model.Code(code=row["unit"]),
            reference_range=f"{row['low']}-{row['high']}",
            abnormal_flag=flag,
        )

    def _measurements(self) -> Iterator[model.Measurement]:
        at = self.when()
        for place, row in enumerate(clinical()["measurement"]):
            # One message brings all readings, and PKB's record has the number of the message in each.
            common = {**self.common("measured", at, place), "external_id": self.common("measured", at)["external_id"]}
            second = row.get("second")
            yield model.Measurement(
                **common,
                code=_snomed(row),
                code2=_snomed(second) if second else None,
                at=at,
                value=_between(self.source, row["low"], row["high"], row["decimals"]),
                value2=_between(self.source, second["low"], second["high"], 0) if second else None,
                unit=row["unit"],
            )

    def _radiology(self, row: dict[str, Any]) -> model.RadiologyReport:
        at = self.when()
        common = self.common("radiology", at)
        return model.RadiologyReport(**common, title=row["text"], at=at, description=row["report"])

    def _letter(self, visit: model.Encounter) -> tuple[model.Document, model.Attachment]:
        """Build the letter after the visit, as a PDF."""
        admitted, left = (event.at for event in visit.events)
        at = min(left + timedelta(hours=2), self.last)
        common = self.common("document", at)
        content = pdf("Discharge letter", self._letter_text(admitted, left, visit.source.text))
        document = model.Document(
            **common,
            type="DISCHARGE_LETTER",
            title="Discharge letter",
            class_="IN_PATIENT",
            at=at,
            specialty=visit.specialty,
        )
        return _attached(document, "discharge-letter.pdf", "application/pdf", content)

    def _letter_text(self, admitted: datetime, left: datetime, clinician: str) -> list[str]:
        patient, number = self.patient, self.patient.identifiers[0].value
        return [
            f"{patient.name.display}, born {patient.date_of_birth:%d %B %Y}",
            f"NHS number {number[:3]} {number[3:6]} {number[6:]}",
            f"Dear {patient.name.display},",
            f"You were in our care from {admitted:%d %B %Y} to {left:%d %B %Y}. Your recovery has been good.",
            "Please continue taking your medicines as before, and bring this letter to your next appointment.",
            f"Yours sincerely, {clinician}",
            "Synthetic letter about a fictitious patient.",
        ]

    def _plan(self, row: dict[str, Any]) -> tuple[model.CarePlan, model.Attachment]:
        at = self.when()
        plan = model.CarePlan(**self.common("plan", at), name=row["name"], created_at=at, last_edited_at=at)
        return _attached(plan, "plan.html", "text/html", row["content"].encode())


def measured(source: random.Random, row: dict[str, Any]) -> tuple[Decimal, str]:
    """Return a value, usually within its reference range, and its flag: N, L or H."""
    low, high = row["low"], row["high"]
    spread = high - low
    value = _between(source, low - spread * 0.15, high + spread * 0.15, row["decimals"])
    return value, "L" if value < Decimal(str(low)) else "H" if value > Decimal(str(high)) else "N"


def _between(source: random.Random, low: float, high: float, decimals: int) -> Decimal:
    return Decimal(f"{source.uniform(low, high):.{decimals}f}")


def _attached(point: Any, filename: str, media_type: str, content: bytes) -> tuple[Any, model.Attachment]:
    attachment = model.Attachment(
        id=identity(point.id, "attachment"),
        patient=point.patient,
        data_point=point.id,
        filename=filename,
        media_type=media_type,
        size=len(content),
        content=content,
    )
    return replace(point, attachment=attachment.id), attachment


def _snomed(row: dict[str, Any]) -> model.Code:
    return model.Code(code=row["code"], text=row["text"], system=SNOMED)


def _midnight(at: datetime) -> datetime:
    return at.replace(hour=0, minute=0)
