"""Run by another Python that has a SMART fhirclient, for STU3 or R4: each line of its input is parsed strictly.

Prints how many resources it read, those within Bundles included. Ends with an error at the first that is wrong.
"""

import json
import sys

from fhirclient.models.fhirelementfactory import FHIRElementFactory

read = 0
for line in sys.stdin:
    body = json.loads(line)
    resource = FHIRElementFactory.instantiate(body["resourceType"], body)
    assert resource.resource_type == body["resourceType"]
    resource.as_json()
    read += 1 + sum(entry.resource is not None for entry in getattr(resource, "entry", None) or ())
print(read)
