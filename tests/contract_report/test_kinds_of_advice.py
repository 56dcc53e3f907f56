"""Every kind of mistake that PKB accepts has a rule: of the traffic, or of the explanation of the exchange itself."""

from __future__ import annotations

import pytest

from sandbox.facts import ledger
from tests.contract_report.test_advice import CASES, CONDITION, NUMBER, Act, advice, create, get, send_all
from tests.fhir.aggregated.support import feed, patient
from tests.hl7.samples import A28
from tests.support import Client


def feed_patient(pkb: Client) -> None:
    feed(pkb, "northmoor-r4").put(patient())


EXPLAINED: dict[str, tuple[str, Act, Act]] = {
    "fields that PKB ignores": (
        "hl7.unknown-segments",
        send_all(A28 + "ZZZ|ignored\n"),
        send_all(A28),
    ),
    "sub-components lost": (
        "hl7.unescaped",
        send_all(A28.replace("Khatun^", "Khatun & Lee^")),
        send_all(A28.replace("Khatun^", "Khatun \\T\\ Lee^")),
    ),
    "parameters that the Facade ignores": (
        "facade.parameters",
        get(f"/Patient?identifier={NUMBER}&_total=accurate"),
        get(f"/Patient?identifier={NUMBER}&_pretty=true"),
    ),
    "resources stored and not aggregated": (
        "customer.requirements",
        create(CONDITION),
        feed_patient,
    ),
}
"""Kind → the rule of the explanations, a client that breaks it, and one that does not."""
KINDS = {
    "deprecated forms": "contract.deprecated-form",
    "polling against PKB's advice": "contract.polling",
    "a token fetched per call": "contract.token-for-each-request",
    "refresh tokens reused": "contract.refresh-token-reused",
    "control ids repeated": "contract.control-id-repeated",
    "lost messages sent again with another control id": "contract.lost-message-renumbered",
    "identifiers without system": "contract.identifier-without-system",
    "missing time zones": "contract.hl7-time-without-zone",
    "ACK AE and AR sent again unchanged": "contract.refused-message-resent",
    "codes without system": "contract.code-without-system",
    "unlabelled resources": "contract.unlabelled-resource",
    "If-None-Exist misuse": "contract.if-none-exist-without-identifier",
    "paging links not followed": "contract.next-page-not-read",
    "secrets in URLs": "contract.secret-in-address",
}
"""Kind → the rule that looks at the traffic, which `test_advice.py` breaks and keeps."""


def test_every_kind_has_a_rule_that_is_broken_and_kept():
    assert set(KINDS.values()) == set(CASES)
    assert {rule for rule, _, _ in EXPLAINED.values()} <= set(ledger())


@pytest.mark.parametrize("kind", EXPLAINED)
def test_a_client_that_does_it_is_advised(pkb: Client, kind: str):
    rule, breaks, _ = EXPLAINED[kind]
    breaks(pkb)
    assert advice(pkb).get(rule) == 1


@pytest.mark.parametrize("kind", EXPLAINED)
def test_a_client_that_does_not_is_not(pkb: Client, kind: str):
    rule, _, keeps = EXPLAINED[kind]
    keeps(pkb)
    assert rule not in advice(pkb)
