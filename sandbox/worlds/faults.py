"""The faults of one world: rules that say which requests go wrong, and how; off unless set.

Rules are tried in order, and the first that fits acts. A rule fits a request that meets its conditions, if its effect
is possible there and it is the rule's turn: `every` counts such requests, `probability` decides about each, and
`first` limits how often the rule acts.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any, Protocol

from sandbox.base.ids import Ids
from sandbox.store.durable.tracked import Tracked

MOST_EXPIRED = 100_000
"""Maximum number of tokens that rules expired; the oldest are forgotten."""
LONGEST_DELAY = 600.0
"""Maximum delay of a response in seconds, also of one that a distribution draws."""


class FaultTarget(Protocol):
    """A request for rules; expensive attributes are computed only when a rule needs them."""

    @property
    def api(self) -> str: ...
    @property
    def method(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def client(self) -> str: ...
    @property
    def operation(self) -> str: ...
    @property
    def patient(self) -> str: ...

    def can_have(self, effect: str) -> bool:
        """Return whether an effect is possible for the request."""


EFFECTS = {
    "status": "the request was not processed and got the status {}",
    "ack": "the message was not applied and was acknowledged with {}",
    "drop": "the connection was closed without a response: {}",
    "reset": "the connection was reset before the request was processed",
    "duplicate": "the request was processed twice",
    "expire_token": "the access token was expired",
    "truncate": "the body of the response was cut to {} bytes",
    "malformed": "the body of the response was made invalid",
}
"""Effect → its description."""
CONDITIONS = ("api", "method", "client", "path", "operation", "patient")
"""Conditions in the order of comparison, cheap ones first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delay:
    """The delay of a response in milliseconds: `fixed`, `uniform` between two, or `lognormal` by median and sigma."""

    kind: str
    low: float
    high: float = 0.0

    def seconds(self, source: random.Random) -> float:
        if self.kind == "fixed":
            return self.low / 1000
        if self.kind == "uniform":
            return source.uniform(self.low, self.high) / 1000
        return min(self.low * source.lognormvariate(0.0, self.high) / 1000, LONGEST_DELAY)


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultRule:
    """One rule, checked. `conditions` are texts that a request equals; `path` may end in `*`.

    `effect` is empty where there is only a delay or a slow body; `value` is the status, acknowledgement code, moment of
    the drop or number of bytes. `body` is the rule as it was sent.
    """

    conditions: dict[str, str]
    first: int | None = None
    every: int = 1
    probability: float = 1.0
    seed: int = 0
    until: datetime | None = None
    effect: str = ""
    value: Any = None
    retry_after: int | None = None
    delay: Delay | None = None
    slow_body: int | None = None
    body: dict[str, Any] = field(default_factory=dict)

    def is_met_by(self, target: FaultTarget) -> bool:
        conditions = self.conditions
        for name in CONDITIONS:
            if name in conditions and not _matches(name, conditions[name], target):
                return False
        return target.can_have(self.effect)


def _matches(name: str, value: str, target: FaultTarget) -> bool:
    actual: str = getattr(target, name)
    if name == "path" and value.endswith("*"):
        return actual.startswith(value[:-1])
    return actual == value


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultHit:
    """The effect of a rule on one request, its delay in seconds, and its speed."""

    id: str
    effect: str
    value: Any
    retry_after: int | None
    delay: float
    slow_body: int | None

    def __str__(self) -> str:
        """The effect in words."""
        parts = [EFFECTS[self.effect].format(self.value)] if self.effect else []
        parts += [f"the response was delayed by {self.delay * 1000:.0f} ms"] if self.delay else []
        parts += [f"the body was sent at {self.slow_body} bytes a second"] if self.slow_body is not None else []
        return "; ".join(parts) or "nothing was changed"

    @property
    def is_applied(self) -> bool:
        """Return whether the request is processed."""
        is_dropped_before = self.effect == "drop" and self.value == "before"
        return not is_dropped_before and self.effect not in ("status", "ack", "reset", "expire_token")

    @property
    def is_lost(self) -> bool:
        """Return whether the connection ends without a response."""
        return self.effect in ("drop", "reset")


class ActiveRule:
    """The state of a rule: matching requests and hits. The seed makes each run the same."""

    def __init__(self, id_: str, rule: FaultRule) -> None:
        self.id = id_
        self.rule = rule
        self.hits = 0
        self._met = 0
        self._chance = random.Random(f"chance {rule.seed}")  # noqa: S311 - repeatable on purpose
        # Two generators, so that a delay does not shift which requests are chosen.
        self._delays = random.Random(f"delay {rule.seed}")  # noqa: S311 - repeatable on purpose

    def hit(self, target: FaultTarget, now: Callable[[], datetime]) -> FaultHit | None:
        """Return the effect on a request; None if the rule does not match."""
        rule = self.rule
        if rule.first is not None and self.hits >= rule.first:
            return None
        if (rule.until is not None and now() >= rule.until) or not rule.is_met_by(target):
            return None
        # Counted after the conditions and before the chance: `every` is about requests that could have been hit.
        self._met += 1
        if self._met % rule.every or (rule.probability < 1 and self._chance.random() >= rule.probability):
            return None
        self.hits += 1
        delay = rule.delay.seconds(self._delays) if rule.delay else 0.0
        return FaultHit(
            id=self.id,
            effect=rule.effect,
            value=rule.value,
            retry_after=rule.retry_after,
            delay=delay,
            slow_body=rule.slow_body,
        )

    @property
    def state(self) -> tuple[int, int]:
        """How many requests met the conditions, and how often the rule acted."""
        return self._met, self.hits

    @property
    def chances(self) -> list[Any]:
        """The states of its random numbers, to go on from in another run; empty where it has drawn none."""
        return [source.getstate() for source in self._sources] if self._met else []

    @property
    def _sources(self) -> tuple[random.Random, random.Random]:
        return self._chance, self._delays

    def go_on_from(self, met: int, hits: int, chances: list[Any]) -> None:
        """Go on from the state of an earlier run."""
        self._met, self.hits = met, hits
        for source, (version, numbers, gauss) in zip(self._sources, chances, strict=False):
            source.setstate((version, tuple(numbers), gauss))

    def as_json(self) -> dict[str, Any]:
        return {"id": self.id, **self.rule.body, "hits": self.hits}


class Faults:
    """The rules of one world, and the tokens that they expired, which stay expired."""

    def __init__(self) -> None:
        self._ids = Ids()
        self._rules: list[ActiveRule] = []
        self._expired: Tracked[bytes, None] = Tracked()

    def __bool__(self) -> bool:
        return bool(self._rules)

    def __iter__(self) -> Iterator[ActiveRule]:
        return iter(self._rules)

    def find(self, id_: str) -> ActiveRule | None:
        return next((rule for rule in self._rules if rule.id == id_), None)

    def replace(self, rules: Iterable[FaultRule | ActiveRule]) -> None:
        """Replace all rules; new ones get an id and no hits, existing ones keep theirs."""
        self._rules = [rule if isinstance(rule, ActiveRule) else ActiveRule(self._ids.uuid(), rule) for rule in rules]

    def adopt(self, rules: list[ActiveRule]) -> None:
        """Take over the rules of an earlier run, or of an earlier moment."""
        self._rules = rules

    def remove(self, id_: str) -> bool:
        """Remove a rule; False if there is none with that id."""
        kept = [rule for rule in self._rules if rule.id != id_]
        is_removed = len(kept) < len(self._rules)
        self._rules = kept
        return is_removed

    def clear(self) -> None:
        self._rules = []

    def choose(self, target: FaultTarget, now: Callable[[], datetime]) -> FaultHit | None:
        """Return the hit of the first matching rule."""
        for rule in self._rules:
            hit = rule.hit(target, now)
            if hit is not None:
                return hit
        return None

    def expire(self, token: str) -> None:
        """Expire an access token."""
        self._expired[_digest(token)] = None
        if len(self._expired) > MOST_EXPIRED:
            del self._expired[next(iter(self._expired))]

    def has_expired(self, token: str) -> bool:
        return bool(self._expired) and _digest(token) in self._expired


def _digest(token: str) -> bytes:
    # A digest, so that neither memory nor the data file holds tokens.
    return sha256(token.encode("utf-8", "replace")).digest()
