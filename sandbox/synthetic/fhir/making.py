"""One instance while it is made: its scene, its chance, and the times at which its parts happen."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sandbox.model import Patient
from sandbox.synthetic.fhir.scene import Scene
from sandbox.synthetic.people.chance import chance


@dataclass(slots=True)
class Making:
    """What the makers of values share. Times move on by ten minutes with each that is asked for."""

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
        """A number that goes round with seed, person and repeat: what is picked by it is picked in turn."""
        return self.scene.seed + self.scene.number + self.scene.repeat

    def next_time(self) -> datetime:
        """A time of the event, at most a few hours after it began and before the scene's day ends."""
        self.time_count = min(self.time_count + 1, 18)
        return min(self.at + timedelta(minutes=10 * (self.time_count - 1)), self.person.died_at or self.scene.as_of)

    def later(self) -> datetime:
        """A day that lies ahead of the scene."""
        return self.scene.as_of + timedelta(days=self.source.randint(7, 360))
