"""Which requests a rule fits: turns, chance and time, against a model that counts by hand."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.worlds.faults import LONGEST_DELAY, Delay, FaultHit, FaultRule, Faults

NOW = datetime(2026, 7, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Target:
    """A request in plain words."""

    api: str = "hl7"
    method: str = "POST"
    path: str = "/services/hl7"
    client: str = "org"
    operation: str = "ADT^A28"
    patient: str = ""

    def can_have(self, effect: str) -> bool:
        return effect != "impossible"


ANY = Target()


def rule(**changes: object) -> FaultRule:
    return replace(FaultRule(conditions={}, effect="status", value=503), **changes)  # type: ignore[arg-type]


def acted(faults: Faults, requests: int, target: Target = ANY, now: datetime = NOW) -> list[FaultHit | None]:
    return [faults.choose(target, lambda: now) for _ in range(requests)]


def with_rules(*rules: FaultRule) -> Faults:
    faults = Faults()
    faults.replace(rules)
    return faults


@given(
    first=st.none() | st.integers(1, 20),
    every=st.integers(1, 7),
    probability=st.sampled_from([0.0, 0.2, 0.5, 0.9, 1.0]),
    seed=st.integers(0, 50),
    requests=st.integers(0, 60),
)
def test_a_rule_acts_on_every_nth_by_chance_and_so_often(
    first: int | None, every: int, probability: float, seed: int, requests: int
):
    faults = with_rules(rule(first=first, every=every, probability=probability, seed=seed))
    chance, hits, expected = random.Random(f"chance {seed}"), 0, []
    for number in range(1, requests + 1):
        fits = (first is None or hits < first) and number % every == 0
        fits = fits and (probability == 1 or chance.random() < probability)
        hits += fits
        expected.append(fits)
    assert [hit is not None for hit in acted(faults, requests)] == expected
    assert [active.hits for active in faults] == [hits]


@given(seed=st.integers(0, 1000), probability=st.floats(0.01, 0.99))
def test_the_same_seed_fails_the_same_requests(seed: int, probability: float):
    first, other = (with_rules(rule(probability=probability, seed=seed)) for _ in range(2))
    assert [bool(hit) for hit in acted(first, 50)] == [bool(hit) for hit in acted(other, 50)]


def test_chance_comes_near_its_probability_whatever_the_seed():
    for seed in range(5):
        hits = sum(hit is not None for hit in acted(with_rules(rule(probability=0.3, seed=seed)), 2000))
        assert 500 < hits < 700


@given(fixed=st.floats(0, 1000), low=st.floats(0, 500), spread=st.floats(0, 500), sigma=st.floats(0, 3))
def test_delays_are_drawn_from_their_distribution_and_the_same_for_the_same_seed(
    fixed: float, low: float, spread: float, sigma: float
):
    delays = (
        (Delay(kind="fixed", low=fixed), fixed / 1000, fixed / 1000),
        (Delay(kind="uniform", low=low, high=low + spread), low / 1000, (low + spread) / 1000 + 1e-9),
        (Delay(kind="lognormal", low=low + 1, high=sigma), 0, LONGEST_DELAY),
    )
    for delay, least, most in delays:
        drawn = [hit.delay for hit in acted(with_rules(rule(delay=delay, seed=3)), 20) if hit]
        assert all(least <= seconds <= most for seconds in drawn)
        assert drawn == [hit.delay for hit in acted(with_rules(rule(delay=delay, seed=3)), 20) if hit]


def test_half_of_the_lognormal_delays_are_over_the_median():
    hits = acted(with_rules(rule(delay=Delay(kind="lognormal", low=200, high=1.0))), 1000)
    over = sum(hit.delay > 0.2 for hit in hits if hit)
    assert 430 < over < 570


def test_chance_is_the_same_with_and_without_a_delay():
    plain = acted(with_rules(rule(probability=0.5, seed=9)), 50)
    late = acted(with_rules(rule(probability=0.5, seed=9, delay=Delay(kind="uniform", low=1, high=2))), 50)
    assert [bool(hit) for hit in plain] == [bool(hit) for hit in late]


def test_a_rule_is_over_when_its_time_comes():
    faults = with_rules(rule(until=NOW))
    assert faults.choose(ANY, lambda: NOW - timedelta(microseconds=1)) is not None
    assert faults.choose(ANY, lambda: NOW) is None


def test_the_first_rule_that_fits_acts_and_the_others_do_not_count():
    faults = with_rules(
        rule(conditions={"api": "rest"}, value=500), rule(first=1, value=501), rule(every=2, value=502), rule(value=503)
    )
    assert [hit.value for hit in acted(faults, 5) if hit] == [501, 503, 502, 503, 502]
    assert [active.hits for active in faults] == [0, 1, 2, 2]


def test_a_rule_whose_effect_a_request_cannot_have_never_fits():
    faults = with_rules(rule(effect="impossible"), rule(value=504))
    assert [hit.value for hit in acted(faults, 1) if hit] == [504]


MATCHES = [
    ({"path": "/services/hl7"}, True),
    ({"path": "/services/*"}, True),
    ({"path": "*"}, True),
    ({"path": "/services/hl7*"}, True),
    ({"path": "/services"}, False),
    ({"path": "/services/hl7/"}, False),
    ({"api": "hl7", "method": "POST", "client": "org", "operation": "ADT^A28"}, True),
    ({"operation": "ADT^A2*"}, False),
    ({"operation": "ADT"}, False),
    ({"patient": ""}, True),
    ({"client": "ORG"}, False),
]


@pytest.mark.parametrize(("conditions", "fits"), MATCHES)
def test_every_condition_must_be_met(conditions: dict[str, str], fits: bool):
    assert (with_rules(rule(conditions=conditions)).choose(ANY, lambda: NOW) is not None) == fits


def test_a_costly_condition_is_not_looked_up_where_a_cheap_one_decides():
    class Costly(Target):
        @property
        def operation(self) -> str:
            raise AssertionError("looked up")

    faults = with_rules(rule(conditions={"operation": "read Patient", "api": "facade"}))
    assert faults.choose(object.__new__(Costly), lambda: NOW) is None


def test_rules_are_removed_one_by_one_or_all():
    faults = with_rules(rule(), rule(), rule())
    first, second, third = (active.id for active in faults)
    assert len({first, second, third}) == 3
    assert (faults.remove(second), faults.remove(second)) == (True, False)
    assert [active.id for active in faults] == [first, third]
    faults.clear()
    assert not faults


def test_expired_tokens_outlive_the_rules_and_the_oldest_are_forgotten(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sandbox.worlds.faults.MOST_EXPIRED", 2)
    faults = with_rules(rule())
    for token in "abc":
        faults.expire(token)
    faults.clear()
    assert [faults.has_expired(token) for token in "abcd"] == [False, True, True, False]
