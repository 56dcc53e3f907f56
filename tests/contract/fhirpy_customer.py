"""Run by another Python that has fhirpy: everything that it can do, at one Customer endpoint.

Arguments: base URL, access token. Prints what it saw as JSON.
"""

import json
import sys
from typing import Any

from fhirpy import SyncFHIRClient
from fhirpy.base.exceptions import OperationOutcome, ResourceNotFound

base, token = sys.argv[1:]
client = SyncFHIRClient(base, authorization=f"Bearer {token}")
seen: dict[str, Any] = {}

patient = client.resource("Patient", name=[{"family": "Okafor"}])
patient.save()
seen["create"] = bool(patient["id"] and patient["meta"]["versionId"])
read = client.reference("Patient", patient["id"]).to_resource()
seen["read"] = read.serialize() == patient.serialize()
read["gender"] = "female"
read.save()
seen["update"] = read["meta"]["versionId"] != patient["meta"]["versionId"]
read.patch(active=True)
seen["patch"] = client.reference("Patient", patient["id"]).to_resource()["active"]
history = client.execute(f"Patient/{patient['id']}/_history", method="get")
seen["history"] = [entry["request"]["method"] for entry in history["entry"]]
entries = [
    {
        "fullUrl": f"urn:uuid:{number}",
        "request": {"method": "POST", "url": "/Patient"},
        "resource": {"resourceType": "Patient", "name": [{"family": f"Many{number}"}]},
    }
    for number in range(7)
]
entries.append(
    {
        "request": {"method": "POST", "url": "/Basic"},
        "resource": {"resourceType": "Basic", "code": {"text": "x"}, "subject": {"reference": "urn:uuid:3"}},
    }
)
done = client.execute("", method="post", data={"resourceType": "Bundle", "type": "transaction", "entry": entries})
seen["transaction"] = [entry["response"]["status"] for entry in done["entry"]]
seen["search"] = client.resources("Patient").search(family="okafor").fetch_all()[0]["id"] == patient["id"]
seen["chained"] = client.resources("Basic").search(subject__Patient__family="Many3").count()
seen["pages"] = sorted(
    patient["name"][0]["family"] for patient in client.resources("Patient").search(family="many").limit(2).fetch_all()
)
seen["first"] = client.resources("Patient").sort("family").first()["name"][0]["family"]
try:
    client.resource("Patient", shoeSize=9).save()
except OperationOutcome as error:
    seen["invalid"] = error.resource["issue"][0]["diagnostics"]
client.reference("Patient", patient["id"]).to_resource().delete()
try:
    client.reference("Patient", patient["id"]).to_resource()
except (ResourceNotFound, OperationOutcome) as error:
    seen["deleted"] = type(error).__name__
try:
    client.reference("Patient", "nobody").to_resource()
except ResourceNotFound:
    seen["unknown"] = "ResourceNotFound"
print(json.dumps(seen))
