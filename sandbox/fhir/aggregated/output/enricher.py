"""Add details when a resource is read, without changing the stored resource.

These are the names of specialties, and the URL of a questionnaire, which depends on the base URL of the client.

Source: *FHIR FAQs*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3918954514/FHIR+FAQs
"""

from __future__ import annotations

from typing import Any

from sandbox.fhir.aggregated.output.render import QUESTIONNAIRE
from sandbox.fhir.base.json import parse, render
from sandbox.model import Aggregate, Organisation, Resource
from sandbox.store import Store

Json = dict[str, Any]


def enriched_text(store: Store, resource: Resource, base: str) -> str:
    """Return the text of a resource for a client with the endpoint's URL `base`."""
    # A look at the text: most resources need not be parsed.
    if resource.type == "Appointment" and '"specialty"' in resource.text:
        return _with_names(store, resource)
    if resource.type == "QuestionnaireResponse" and f'"{QUESTIONNAIRE}' in resource.text:
        return _with_address(resource, base)
    return resource.text


def _with_address(resource: Resource, base: str) -> str:
    """Make the questionnaire of a QuestionnaireResponse an absolute URL, because it is a canonical, not a Reference."""
    content: Json = parse(resource.text.encode())
    questionnaire = str(content.get("questionnaire", ""))
    if not questionnaire.startswith(QUESTIONNAIRE):
        return resource.text
    return render({**content, "questionnaire": f"{base}/{questionnaire}"})


def _with_names(store: Store, resource: Resource) -> str:
    """Add the source organisation's names of specialty codes."""
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
