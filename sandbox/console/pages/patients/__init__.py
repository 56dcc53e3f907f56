"""Patients: the record of each, and who sees it."""

from __future__ import annotations

from sandbox.console.pages.patients import access, acts, directory, doors, history, identifiers, outbox, timeline
from sandbox.http.routes import Route

PATH = "/patients"
RECORD = f"{PATH}/{{patient}}"
ROUTES = (
    Route("GET", PATH, directory.show_directory, "Patients"),
    Route("GET", RECORD, timeline.show_timeline, "Patient: timeline"),
    Route("GET", f"{RECORD}/timeline", timeline.show_timeline, "Patient: timeline"),
    Route("GET", f"{RECORD}/doors", doors.show_doors, "Patient: every door"),
    Route("GET", f"{RECORD}/access", access.show_access, "Patient: who sees what"),
    Route("GET", f"{RECORD}/identifiers", identifiers.show_identifiers, "Patient: identifiers"),
    Route("GET", f"{RECORD}/outbox", outbox.show_outbox_of_patient, "Patient: outbox"),
    Route("GET", f"{RECORD}/history", history.show_history, "Patient: how it came"),
    Route("GET", f"{RECORD}/acts", acts.show_acts, "Patient: acts"),
)
