"""Try it: send a message or a request from the browser, recorded like those of any client."""

from __future__ import annotations

from sandbox.console.pages.try_it import fhir_form, hl7_editor, overview, rest_form
from sandbox.console.pages.try_it.oauth import pages as oauth
from sandbox.console.pages.try_it.oauth.walks import CALLBACK
from sandbox.http.routes import Route

PATH = "/try"

ROUTES = (
    Route("GET", PATH, overview.show_ways_to_try, "Try it"),
    Route("GET", f"{PATH}/hl7", hl7_editor.show_hl7_editor, "HL7 editor"),
    Route("POST", f"{PATH}/hl7/lint", hl7_editor.lint_text, "Lint"),
    Route("POST", f"{PATH}/hl7/send", hl7_editor.send_text, "Send a message"),
    Route("GET", f"{PATH}/fhir", fhir_form.show_fhir_form, "FHIR"),
    Route("POST", f"{PATH}/fhir/send", fhir_form.send_request, "Send a FHIR request"),
    Route("GET", f"{PATH}/rest", rest_form.show_rest_form, "Custom REST"),
    Route("POST", f"{PATH}/rest/send", rest_form.send_request, "Send a Custom REST request"),
    Route("GET", f"{PATH}/oauth", oauth.show_clients, "OAuth"),
    Route("POST", f"{PATH}/oauth/begin", oauth.begin, "Begin a walk"),
    Route("GET", f"{PATH}/oauth/{{id}}", oauth.show_walk, "A walk"),
    Route("POST", f"{PATH}/oauth/{{id}}/{{act}}", oauth.act, "A step of a walk"),
    Route("GET", CALLBACK, oauth.receive_redirect, "Callback"),
)
