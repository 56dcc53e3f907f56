"""Which entity lives in which table, and what it can be found by."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Any

from sandbox import model

Keys = Callable[[Any], Iterable[Hashable]]

TABLES: dict[type, tuple[str, dict[str, Keys]]] = {
    model.Organisation: ("organisations", {"legacy_id": lambda o: (o.legacy_id,)}),
    model.Team: (
        "teams",
        {"organisation": lambda t: (t.organisation,), "alias": lambda t: ((t.organisation, t.alias),)},
    ),
    model.LocalIdType: ("local_id_types", {"organisation": lambda t: (t.organisation,)}),
    model.User: ("users", {"email": lambda u: (u.email.casefold(),), "team": lambda u: (u.team,) if u.team else ()}),
    model.Patient: (
        "patients",
        {
            "identifier": lambda p: [(i.type, i.value) for i in p.identifiers],
            "email": lambda p: [c.value.casefold() for c in p.contacts],
            "legacy_id": lambda p: (p.legacy_id,),
            "organisation": lambda p: p.organisations,
            "team": lambda p: p.teams,
        },
    ),
    model.Consent: ("consents", {"patient": lambda c: (c.patient,), "grantee": lambda c: ((c.patient, c.grantee.id),)}),
    model.Allergy: ("allergies", {"patient": lambda d: (d.patient,)}),
    model.Diagnosis: ("diagnoses", {"patient": lambda d: (d.patient,)}),
    model.Medication: ("medications", {"patient": lambda d: (d.patient,)}),
    model.Partner: ("partners", {}),
    model.Credential: ("credentials", {"kind": lambda c: (c.kind,)}),
    model.Grant: (
        "grants",
        {"partner": lambda g: (g.partner,), "alias": lambda g: ((g.partner, g.alias),)},
    ),
    model.OutboxItem: ("outbox", {"patient": lambda i: (i.patient,)}),
    model.HeldMessage: ("held_messages", {"organisation": lambda m: (m.organisation,)}),
}
"""Entity → (table, index name → keys). Data points have one table per kind, found by their patient."""
