"""What is filled in when a resource is read, while the stored one stays as it is.

Names of specialties, and the address of a questionnaire, which depends on the base that the client uses.

Source: *FHIR FAQs*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3918954514/FHIR+FAQs
"""

from __future__ import annotations

from typing import Any

from sandbox.fhir.aggregated.output.render import QUESTIONNAIRE
from sandbox.fhir.base.json import parse, render
from sandbox.model import Aggregate, Organisation, Resource
from sandbox.store import Store

Json = dict[str, Any]


def enriched(store: Store, resource: Resource, base: str) -> str:
    """The text of a resource as a client shows it that calls the endpoint at `base`."""
    if resource.type == "Appointment" and '"specialty"' in resource.text:
        return _with_names(store, resource)
    if resource.type == "QuestionnaireResponse" and f'"{QUESTIONNAIRE}' in resource.text:
        return _with_address(resource, base)
    return resource.text


def _with_address(resource: Resource, base: str) -> str:
    """A QuestionnaireResponse names its questionnaire by an absolute address: it is a canonical, no Reference."""
    content: Json = parse(resource.text.encode())
    questionnaire = str(content.get("questionnaire", ""))
    if not questionnaire.startswith(QUESTIONNAIRE):
        return resource.text
    return render({**content, "questionnaire": f"{base}/{questionnaire}"})


def _with_names(store: Store, resource: Resource) -> str:
    """Codes of specialties get the names that the source organisation has for them."""
    aggregate = store.find_one(Aggregate, f"{resource.type}/{resource.logical_id}")
    organisations = [store.find_one(Organisation, id_) for id_ in (aggregate.owners if aggregate is not None else ())]
    names = {
        code: entry.display
        for organisation in organisations
        if organisation is not None
        for code, entry in organisation.code_sets.hospital_services.items()
    }
    content: Json = parse(resource.text.encode())
    return render({**content, "specialty": [_named(concept, names) for concept in content["specialty"]]})


def _named(concept: Json, names: dict[str, str]) -> Json:
    codings = [
        {**coding, "display": names[coding["code"]]}
        if names.get(coding.get("code", "")) and "display" not in coding
        else coding
        for coding in concept.get("coding", ())
    ]
    return {**concept, "coding": codings} if codings else concept
