"""The state of one instance during its generation: its scene, its randomness, and the times of its parts."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sandbox.model import Patient
from sandbox.synthetic.fhir.scene import Scene
from sandbox.synthetic.people.chance import chance


@dataclass(slots=True)
class Making:
    """The state that the generators of values share. Each requested time is ten minutes later than the one before."""

    scene: Scene
    type: str
    person: Patient
    at: datetime
    source: random.Random = field(repr=False)
    time_count: int = 0

    @classmethod
    def of(cls, scene: Scene, type_: str) -> Making:
        person = scene.person()
        source = chance(scene.release, type_, scene.seed, scene.number, scene.repeat)
        return cls(scene, type_, person, scene.at(person), source)

    @property
    def turn(self) -> int:
        """A number that changes with seed, person and repeat, to pick values in turn."""
        return self.scene.seed + self.scene.number + self.scene.repeat

    def next_time(self) -> datetime:
        """Return a time of the event, at most a few hours after it began and before the scene's day ends."""
        self.time_count = min(self.time_count + 1, 18)
        return min(self.at + timedelta(minutes=10 * (self.time_count - 1)), self.person.died_at or self.scene.as_of)

    def later(self) -> datetime:
        """Return a day in the scene's future."""
        return self.scene.as_of + timedelta(days=self.source.randint(7, 360))
