"""Run by another Python that has the SMART fhirclient, 3.2.0 for STU3 or 4.x for R4, at one Customer endpoint.

Arguments: base URL, access token. Its models are strict: what they read is FHIR. Prints what it saw as JSON.
"""

import json
import sys
from typing import Any

from fhirclient.models.bundle import Bundle
from fhirclient.models.patient import Patient
from fhirclient.server import FHIRNotFoundException, FHIRServer
from requests.exceptions import HTTPError

base, token = sys.argv[1:]
server = FHIRServer(None, base_uri=base)
server.session.headers.update({"Authorization": f"Bearer {token}"})
seen: dict[str, Any] = {}

created = Patient({"name": [{"family": "Okafor"}], "birthDate": "1970"}).create(server)
patient = Patient.read(created["id"], server)
seen["create"] = patient.name[0].family
patient.gender = "female"
seen["update"] = Patient(patient.update(server)).gender
patch = json.dumps([{"op": "add", "path": "/active", "value": True}])
headers = {"Content-Type": "application/json-patch+json"}
seen["patch"] = server.session.patch(f"{base}/Patient/{patient.id}", data=patch, headers=headers).json()["active"]
history = Bundle(server.request_json(f"Patient/{patient.id}/_history"))
seen["history"] = [entry.request.method for entry in history.entry]
entries = [
    {
        "request": {"method": "PUT", "url": f"Patient/many{number}"},
        "resource": {"resourceType": "Patient", "name": [{"family": "Many"}]},
    }
    for number in range(5)
]
done = server.post_json("", {"resourceType": "Bundle", "type": "transaction", "entry": entries})
seen["transaction"] = [entry.response.status for entry in Bundle(done.json()).entry]
seen["search"] = [patient_.id for patient_ in Patient.where({"family": "okafor"}).perform_resources(server)] == [
    patient.id
]
origin = base[: base.index("/", 8)]
page, pages = Bundle(server.request_json("Patient?family=many&_count=2")), []
while page:
    pages.append(len(page.entry))
    following = [link.url for link in page.link if link.relation == "next"]
    page = Bundle(server.request_json(origin + following[0])) if following else None
seen["pages"] = pages
refused = server.session.post(f"{base}/Patient", data='{"resourceType":"Patient","shoeSize":9}')
seen["invalid"] = [refused.status_code, refused.json()["issue"][0]["diagnostics"]]
patient.delete(server)
for id_ in (patient.id, "nobody"):
    try:
        Patient.read(id_, server)
    except FHIRNotFoundException:
        seen[f"read {'deleted' if id_ == patient.id else id_}"] = 404
    except HTTPError as error:
        status = error.response.status_code if error.response is not None else None
        seen[f"read {'deleted' if id_ == patient.id else id_}"] = status
print(json.dumps(seen))
