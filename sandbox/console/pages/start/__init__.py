"""Start: the five steps of PKB's planning page, live.

Source: https://pkbdev.atlassian.net/wiki/spaces/api/pages/3364093979
"""

from __future__ import annotations

from sandbox.console.pages.start import capabilities, cells, credentials, hello, table
from sandbox.console.pages.start.capabilities import doors, hl7_messages
from sandbox.http.routes import Route

PATH = "/start"

ROUTES = (
    Route("GET", PATH, table.show_selection_table, "Plan an integration"),
    Route("GET", f"{PATH}/cell/{{cell}}", cells.show_cell, "Cell of the access matrix"),
    Route("POST", f"{PATH}/cell/{{cell}}/run", cells.run_example, "Run the example of a cell"),
    Route("GET", f"{PATH}/capabilities/doors", doors.show_reach_of_data, "What of the data reaches whom"),
    Route("GET", f"{PATH}/capabilities/hl7/{{profile}}", hl7_messages.show_profile, "HL7 message"),
    Route("GET", f"{PATH}/capabilities/{{api}}", capabilities.show_capabilities, "Capabilities of an API"),
    Route("GET", f"{PATH}/credentials", credentials.show_credentials, "Credentials"),
    Route("GET", f"{PATH}/hello", hello.show_first_call, "Hello, world"),
    Route("POST", f"{PATH}/hello/{{type}}/run", hello.run_first_call, "Run the first call"),
)
