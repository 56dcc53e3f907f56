"""PKB's entities under PKB's names: frozen values without behaviour, I/O or wire formats.

Source of the names and attributes: PKB's data model pages, "Entity: …"
(https://pkbdev.atlassian.net/wiki/spaces/api/pages/3363700789).
"""

from __future__ import annotations

from sandbox.model.access import Alias, Credential, Grant, Partner
from sandbox.model.aggregated import Aggregate, ChosenLabel, FirstStored, Mapped, Upstream, Waiting
from sandbox.model.appointment import Appointment
from sandbox.model.codesets import CodeSets, LocalCode, MeasurementCode
from sandbox.model.consent import Consent, ConsentReason, Grantee
from sandbox.model.datapoint import Allergy, Code, DataPoint, Diagnosis, Medication, Participant, Source
from sandbox.model.document import Attachment, CarePlan, Document, RadiologyReport
from sandbox.model.due import DueWork
from sandbox.model.encounter import Encounter, EncounterEvent
from sandbox.model.intake import Demographics, SentIdentifier
from sandbox.model.invitation import Invitation
from sandbox.model.measurement_type import Conversion, MeasurementType
from sandbox.model.message import Message
from sandbox.model.organisation import Endpoint, LocalIdType, Options, Organisation, Team
from sandbox.model.patient import Address, Contact, Identifier, Name, Patient
from sandbox.model.post import About, HeldMessage, OutboxItem, ReceivedMessage
from sandbox.model.questionnaire import (
    Answer,
    BusinessIdentifier,
    Question,
    Questionnaire,
    QuestionnaireRequest,
    QuestionnaireResponse,
)
from sandbox.model.relations import GeneralPractitioner, NextOfKin
from sandbox.model.resource import Resource, ResourceVersion
from sandbox.model.results import EnteredAs, LabReport, LabResult, Measurement
from sandbox.model.user import User

__all__ = [
    "About",
    "Address",
    "Aggregate",
    "Alias",
    "Allergy",
    "Answer",
    "Appointment",
    "Attachment",
    "BusinessIdentifier",
    "CarePlan",
    "ChosenLabel",
    "Code",
    "CodeSets",
    "Consent",
    "ConsentReason",
    "Contact",
    "Conversion",
    "Credential",
    "DataPoint",
    "Demographics",
    "Diagnosis",
    "Document",
    "DueWork",
    "Encounter",
    "EncounterEvent",
    "Endpoint",
    "EnteredAs",
    "FirstStored",
    "GeneralPractitioner",
    "Grant",
    "Grantee",
    "HeldMessage",
    "Identifier",
    "Invitation",
    "LabReport",
    "LabResult",
    "LocalCode",
    "LocalIdType",
    "Mapped",
    "Measurement",
    "MeasurementCode",
    "MeasurementType",
    "Medication",
    "Message",
    "Name",
    "NextOfKin",
    "Options",
    "Organisation",
    "OutboxItem",
    "Participant",
    "Partner",
    "Patient",
    "Question",
    "Questionnaire",
    "QuestionnaireRequest",
    "QuestionnaireResponse",
    "RadiologyReport",
    "ReceivedMessage",
    "Resource",
    "ResourceVersion",
    "SentIdentifier",
    "Source",
    "Team",
    "Upstream",
    "User",
    "Waiting",
]
