"""DiagnosticReport: a radiology report; its text is not on the Facade.

Source: *Entity: Radiology Report*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3743186945
"""

from __future__ import annotations

from sandbox.base.clock import moment
from sandbox.fhir.facade.rendering import Names
from sandbox.fhir.facade.resources.data_point import OfPatient, common_elements, patient_reference, specialty_extension
from sandbox.fhir.rendered.elements import Json, without_empty
from sandbox.model import RadiologyReport

CATEGORY = {"system": "http://fhir.patientsknowbest.com/codesystem/diagnostic-report-category", "code": "RADIOLOGY"}
PLACEHOLDER = "Radiology report"
"""The placeholder for a report whose content is still withheld from patient and carers."""


def to_stu3(names: Names, report: RadiologyReport, hidden: bool) -> Json:
    """Render a report as `facade-diagnosticreport`."""
    return without_empty(
        {
            **common_elements(names, "DiagnosticReport", report, []),
            "extension": specialty_extension(report),
            "status": "unknown",
            "category": {"coding": [CATEGORY]},
            "code": {"text": PLACEHOLDER if hidden else report.title or PLACEHOLDER},
            "subject": patient_reference(names, report.patient),
            "effectiveDateTime": moment(report.at),
        }
    )


DIAGNOSTIC_REPORTS = OfPatient(
    kind=RadiologyReport, to_stu3=to_stu3, at=lambda report: report.at, is_shown=lambda report: not report.deleted
)
