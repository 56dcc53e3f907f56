"""Patients: the record of each, and who sees it."""

from __future__ import annotations

from sandbox.console.pages.patients import access, acts, directory, doors, history, identifiers, outbox, timeline
from sandbox.http.routes import Route

PATH = "/patients"
RECORD = f"{PATH}/{{patient}}"
ROUTES = (
    Route("GET", PATH, directory.show, "Patients"),
    Route("GET", RECORD, timeline.show, "Patient: timeline"),
    Route("GET", f"{RECORD}/timeline", timeline.show, "Patient: timeline"),
    Route("GET", f"{RECORD}/doors", doors.show, "Patient: every door"),
    Route("GET", f"{RECORD}/access", access.show, "Patient: who sees what"),
    Route("GET", f"{RECORD}/identifiers", identifiers.show, "Patient: identifiers"),
    Route("GET", f"{RECORD}/outbox", outbox.show, "Patient: outbox"),
    Route("GET", f"{RECORD}/history", history.show, "Patient: how it came"),
    Route("GET", f"{RECORD}/acts", acts.show, "Patient: acts"),
)
