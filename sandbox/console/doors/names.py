"""What doors call the people, teams and types whose ids the record holds."""

from __future__ import annotations

from typing import Any

from sandbox.domain.patients.national_ids import national_id_types
from sandbox.model import LocalIdType, Organisation, Patient, Team, User
from sandbox.store import Store


def names_of(store: Store, id_: Any) -> set[str]:
    """Return the legacy ids of people and teams, and the names that JSON shows beside or instead of an id."""
    if not isinstance(id_, str):
        return set()
    people: list[Any] = [person for kind in (Patient, User) if (person := store.find_one(kind, id_)) is not None]
    team, organisation = store.find_one(Team, id_), store.find_one(Organisation, id_)
    local = store.find_one(LocalIdType, id_)
    names = {str(entity.legacy_id) for entity in (*people, *filter(None, (team, organisation)))}
    names |= {person.name.display for person in people}
    return names | {entity.name for entity in (organisation, local) if entity is not None}


def hl7_words_of(store: Store, id_: Any) -> set[str]:
    """Return the words by which a message names an id: a team's alias, the authority and type code of a number."""
    if not isinstance(id_, str):
        return set()
    team, local, national = store.find_one(Team, id_), store.find_one(LocalIdType, id_), national_id_types().get(id_)
    words = {team.alias} if team is not None else set()
    pair = local or national
    return words | ({pair.assigning_authority, pair.type_code} if pair is not None else set())
