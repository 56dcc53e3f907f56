"""The requests of the Aggregated endpoint with a team: those about questionnaires.

Source: *Advanced Questionnaires API Specification*,
https://wiki.hub.patientsknowbest.com/wiki/spaces/api/pages/4474372098
"""

from __future__ import annotations

import re

from sandbox.access import team
from sandbox.http.call import Call

SEND = re.compile(r"/Questionnaire/[^/]+/\$send-questionnaire-request")
SEARCH = "/Questionnaire"


def check_team(call: Call) -> None:
    """Check the header of a request that must, or may, specify a team. Raises what `team.named` raises."""
    header = call.request.headers.get(team.HEADER)
    sends = call.request.method == "POST" and SEND.fullmatch(call.path) is not None
    # choice: a search without the header is not one team's, and answers for the organisation.
    searches = call.request.method in ("GET", "HEAD") and call.path == SEARCH and header is not None
    if (sends or searches) and call.principal is not None:
        team.team_of_header(call.principal, header)
