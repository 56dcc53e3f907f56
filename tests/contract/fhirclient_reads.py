"""Run by another Python that has the SMART fhirclient for STU3: reads one patient with its strict models.

Arguments: base URL, access token, organisation id, NHS number. Prints what it read as JSON.
"""

import json
import sys

from fhirclient.models.bundle import Bundle
from fhirclient.models.patient import Patient
from fhirclient.server import FHIRServer

base, token, organisation, number = sys.argv[1:]
server = FHIRServer(None, base_uri=base)
server.session.headers.update({"Authorization": f"Bearer {token}", "X-Org-Public-Id": organisation})
bundle = Bundle.read_from(f"Patient?identifier=https://fhir.nhs.uk/Id/nhs-number|{number}", server)
(entry,) = bundle.entry
patient = Patient.read(entry.resource.id, server)
print(json.dumps({"total": bundle.total, "same": patient.as_json() == entry.resource.as_json(), **patient.as_json()}))
