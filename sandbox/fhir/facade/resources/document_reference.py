"""DocumentReference: documents of one patient, or of an organisation within a period; files are downloaded elsewhere.

Sources: *Entity: Document*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3743121409 ; the use in mail
management, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3363307583
"""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.base.clock import instant, moment
from sandbox.errors import Invalid
from sandbox.fhir.base.query_string import NotHandled
from sandbox.fhir.base.viewer import Viewer
from sandbox.fhir.facade.rendering import Names, matches
from sandbox.fhir.facade.resources.data_point import (
    common_elements,
    meets_dates,
    newest_first,
    patient_reference,
    specialty_extension,
)
from sandbox.fhir.facade.sight import Sight, referred_id
from sandbox.fhir.rendered.elements import STRUCTURE, Json, Unread, without_empty
from sandbox.fhir.rendered.query.date import DateCriterion
from sandbox.fhir.rendered.query.matches import Matches
from sandbox.fhir.rendered.query.parameters import CheckedQuery
from sandbox.fhir.rendered.query.token import TokenCriterion
from sandbox.fhir.search.budget import spend_per_row
from sandbox.model import Attachment, Document

CODES = "http://fhir.patientsknowbest.com/codesystem"


class DocumentReferences(Unread):
    """Documents, newest first; the allowed combinations of parameters depend on the caller."""

    def search(self, viewer: Viewer, query: CheckedQuery) -> Matches[Document]:
        check_combination(viewer, query)
        sight = Sight.of(viewer)
        visible = sight.seen(
            document for document in spend_per_row(_candidates(sight, query)) if _matches(document, query)
        )
        return matches(newest_first(visible, lambda document: document.at), to_stu3)


def check_combination(viewer: Viewer, query: CheckedQuery) -> None:
    """Check the parameters that are `Conditional`. Raises NotHandled if all are missing, Invalid for a wrong
    combination.
    """
    criteria, acting = query.criteria, viewer.caller.organisation is not None
    if "created" in criteria and "indexed" in criteria:
        raise Invalid("created and indexed cannot be combined", code="invalid", rule="facade.document-conditional")
    if "patient" in criteria:
        return
    # facade.document-conditional: only a System Client may search without a patient.
    if not acting or not ("created" in criteria or "indexed" in criteria):
        instead = "patient; a System Client may use created with a start and an end, or indexed"
        raise NotHandled("patient", code="processing", rule="facade.document-conditional", instead=instead)
    if "created" in criteria and not _is_closed(query):
        raise Invalid(
            "Without patient, created needs a start (ge or gt) and an end (le or lt), or eq",
            code="invalid",
            rule="facade.document-conditional",
            instead="created=ge2026-02-01&created=le2026-02-28",
        )


def to_stu3(names: Names, document: Document, hidden: bool) -> Json:
    """Render a document as `facade-documentreference`."""
    organisation = document.source.organisation
    known_as = [{"system": f"urn:uuid:{organisation}", "value": document.external_id}] if organisation else []
    status = {"system": f"{CODES}/document-status", "code": document.status}
    return without_empty(
        {
            **common_elements(names, "DocumentReference", document, []),
            "extension": [
                {"url": f"{STRUCTURE}/document-status", "valueCoding": status},
                *specialty_extension(document),
            ],
            "identifier": known_as if document.external_id else [],
            "status": "current",
            "type": {"coding": [_type(document.type)]},
            "subject": patient_reference(names, document.patient),
            "created": moment(document.at),
            "indexed": instant(document.persisted_at),
            "content": [{"attachment": _attachment(names, document, hidden)}],
        }
    )


def _type(code: str) -> Json:
    return {"system": f"{CODES}/document-type", "code": code, "display": code.replace("_", " ").capitalize()}


def _attachment(names: Names, document: Document, hidden: bool) -> Json:
    """Return the file's type and, if its content may be seen, its name."""
    file = names.find_one(Attachment, document.attachment)
    media_type = file.media_type if file else "application/octet-stream"
    title = file.filename if file else document.title
    return without_empty({"contentType": media_type, "title": "" if hidden else title})


def _candidates(sight: Sight, query: CheckedQuery) -> Iterable[Document]:
    """Return the documents of the patient, or of the caller's organisation within the period of the parameters."""
    if "patient" in query.criteria:
        patient = sight.named(query.criteria)
        return sight.store.find(Document, "patient", patient.id) if patient else ()
    order = "created" if "created" in query.criteria else "indexed"
    criteria = [criterion for criterion in query.criteria[order] if isinstance(criterion, DateCriterion)]
    # Only the range that all criteria share is read from the ordering.
    since = max((criterion.start for criterion in criteria if criterion.prefix in ("eq", "ge", "gt")), default=None)
    until = min((criterion.end for criterion in criteria if criterion.prefix in ("eq", "le", "lt")), default=None)
    organisation = sight.viewer.caller.organisation
    ids = sight.store.between(Document, "supplied", (organisation, order), since, until)
    return (sight.store.get(Document, id_) for id_ in ids)


def _is_closed(query: CheckedQuery) -> bool:
    prefixes = {criterion.prefix for criterion in query.criteria["created"] if isinstance(criterion, DateCriterion)}
    return "eq" in prefixes or (bool(prefixes & {"gt", "ge"}) and bool(prefixes & {"lt", "le"}))


def _matches(document: Document, query: CheckedQuery) -> bool:
    criteria = query.criteria
    source = referred_id(criteria, "source-organisation")
    return (
        meets_dates(document.at, criteria.get("created", ()))
        and meets_dates(document.persisted_at, criteria.get("indexed", ()))
        and source in (None, document.source.organisation)
        and all(
            isinstance(criterion, TokenCriterion) and criterion.code == document.status
            for criterion in _statuses(query)
        )
    )


def _statuses(query: CheckedQuery) -> Iterable[object]:
    return query.criteria.get("document-status", ())
