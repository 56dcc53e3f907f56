"""Observation: category, test and time of a laboratory result; its value is not on the Facade.

Sources: *Observation*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3363864676 ; *Entity: Lab Report*,
https://pkbdev.atlassian.net/wiki/spaces/api/pages/3744006145
"""

from __future__ import annotations

from functools import cache

from sandbox.base import datafiles
from sandbox.base.clock import moment
from sandbox.fhir.base.viewer import Viewer
from sandbox.fhir.facade.rendering import Names
from sandbox.fhir.facade.resources.data_point import OfPatient, common_elements, patient_reference, specialty_extension
from sandbox.fhir.rendered.elements import Json, without_empty
from sandbox.fhir.rendered.query.matches import NONE, Matches
from sandbox.fhir.rendered.query.parameters import CheckedQuery
from sandbox.fhir.rendered.query.token import TokenCriterion
from sandbox.model import Code, LabResult

CATEGORY = "http://fhir.patientsknowbest.com/codesystem/observation-category"
LABORATORY = "LABORATORY"
PLACEHOLDER = "Laboratory result"
"""The placeholder for a result whose content is still withheld from patient and carers."""


class Observations(OfPatient[LabResult]):
    """Laboratory results; the category of measurements is accepted too, but the Facade does not return them."""

    def search(self, viewer: Viewer, query: CheckedQuery) -> Matches[LabResult]:
        matches = super().search(viewer, query)
        (category,) = query.criteria["category"]
        assert isinstance(category, TokenCriterion)  # noqa: S101 - the statement says token
        # Searched all the same, so that a bad patient or date is refused for either category.
        return matches if category.code == LABORATORY else NONE


def to_stu3(names: Names, result: LabResult, hidden: bool) -> Json:
    """Render a result as `facade-observation`."""
    return without_empty(
        {
            **common_elements(names, "Observation", result, []),
            "extension": specialty_extension(result),
            "status": "unknown",
            "category": [{"coding": [{"system": CATEGORY, "code": LABORATORY}]}],
            "code": {"text": PLACEHOLDER} if hidden else _concept(result.code),
            "subject": patient_reference(names, result.patient),
            "effectiveDateTime": moment(result.at),
        }
    )


def _concept(code: Code) -> Json:
    """Return the test: its codes, if the sender sent any, and its name."""
    codings = [
        without_empty({"system": _systems().get(system.casefold(), ""), "code": value, "display": text})
        for value, text, system in (
            (code.code, code.text, code.system),
            (code.alternate_code, code.alternate_text, code.alternate_system),
        )
        if value
    ]
    return without_empty(
        {"coding": codings, "text": code.text or code.alternate_text or code.code or code.alternate_code}
    )


@cache
def _systems() -> dict[str, str]:
    systems: dict[str, str] = datafiles.read_toml(datafiles.beside_code("fhir/base/code_systems.toml"))["systems"]
    return systems


OBSERVATIONS = Observations(
    kind=LabResult, to_stu3=to_stu3, at=lambda result: result.at, is_shown=lambda result: not result.deleted
)
