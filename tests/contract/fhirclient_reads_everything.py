"""Run by another Python that has the SMART fhirclient for STU3: reads searches with its strict models.

Arguments: base URL, access token, organisation id (empty for none); paths on standard input, one a line. Prints, for
each, how many resources of which type it read, as JSON.
"""

import json
import sys

from fhirclient.models import fhirelementfactory
from fhirclient.server import FHIRServer

base, token, organisation = sys.argv[1:]
server = FHIRServer(None, base_uri=base)
server.session.headers["Authorization"] = f"Bearer {token}"
if organisation:
    server.session.headers["X-Org-Public-Id"] = organisation
read = {}
for path in sys.stdin.read().split():
    body = server.request_json(path)
    resource = fhirelementfactory.FHIRElementFactory.instantiate(body["resourceType"], body)
    assert resource.as_json() == body, path
    entries = (
        [entry.resource.resource_type for entry in resource.entry or []] if body["resourceType"] == "Bundle" else []
    )
    read[path] = sorted(entries or [resource.resource_type])
print(json.dumps(read))
