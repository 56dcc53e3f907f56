"""Try it: send a message or a request from the browser, recorded like those of any client."""

from __future__ import annotations

from sandbox.console.pages.try_it import hl7_editor, overview
from sandbox.http.routes import Route

PATH = "/try"

ROUTES = (
    Route("GET", PATH, overview.show, "Try it"),
    Route("GET", f"{PATH}/hl7", hl7_editor.show, "HL7 editor"),
    Route("POST", f"{PATH}/hl7/lint", hl7_editor.lint_text, "Lint"),
    Route("POST", f"{PATH}/hl7/send", hl7_editor.send_text, "Send a message"),
)
