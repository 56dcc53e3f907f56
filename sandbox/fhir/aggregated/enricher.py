"""Names of specialties, filled in when they are read: the stored resource stays as it is.

Source: *FHIR FAQs*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3918954514/FHIR+FAQs
"""

from __future__ import annotations

from typing import Any

from sandbox.fhir.exact import parse, render
from sandbox.model import Aggregate, Organisation, Resource
from sandbox.store import Store

Json = dict[str, Any]


def enriched(store: Store, resource: Resource) -> str:
    """The text of a resource; codes of specialties get the names that the source organisation has for them."""
    if resource.type != "Appointment" or '"specialty"' not in resource.text:
        return resource.text
    found = store.find_one(Aggregate, f"{resource.type}/{resource.logical_id}")
    organisations = [store.find_one(Organisation, id_) for id_ in (found.owners if found is not None else ())]
    names = {
        code: entry.display
        for one in organisations
        if one is not None
        for code, entry in one.code_sets.hospital_services.items()
    }
    content: Json = parse(resource.text.encode())
    return render({**content, "specialty": [_named(one, names) for one in content["specialty"]]})


def _named(concept: Json, names: dict[str, str]) -> Json:
    codings = [
        {**one, "display": names[one["code"]]} if names.get(one.get("code", "")) and "display" not in one else one
        for one in concept.get("coding", ())
    ]
    return {**concept, "coding": codings} if codings else concept
