"""What PKB does not use of a message: the explanation of the exchange and the linter say it, with the reason."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.facts import ledger
from tests.hl7.samples import A28, IDS, PREFIX_AR, explanation, message, pid, stored
from tests.hl7.test_lint import lint
from tests.support import Client

INVALID = "9434765918"
IGNORED = f"{INVALID}^^^NHS^NH~1^^^NOWHERE^XX"


def ignored(report: dict[str, Any]) -> dict[str, str]:
    """The texts of the notices of a lint by place."""
    return {
        f"{finding['segment']}-{finding['field']}": finding["text"]
        for finding in report["findings"]
        if finding["level"] == "ignored" and finding["field"].startswith("3") and finding["segment"] == "PID"
    }


def test_the_explanation_of_an_accepted_message_says_what_was_ignored(pkb: Client):
    text = A28.replace(IDS, f"{IDS}~{IGNORED}")
    explained = explanation(pkb, text)
    lines = explained["expected"].splitlines()
    assert [line.split(":")[0] for line in lines] == ["PID-3[3]", "PID-3[4]"]
    assert INVALID in lines[0]
    assert "NOWHERE" in lines[1]
    rules = [ledger()[name] for name in ("matching.nhs-number-check", "matching.unknown-identifier")]
    assert explained["rule"].splitlines() == [rule.text for rule in rules]
    assert explained["standing"] == "inferred"


def test_a_message_of_which_all_is_used_has_no_explanation(pkb: Client):
    assert explanation(pkb, A28) == {}


def test_lint_names_each_repetition_that_is_ignored(pkb: Client):
    report = lint(pkb, A28.replace(IDS, f"{IDS}~{IGNORED}"))
    assert list(ignored(report)) == ["PID-3[3]", "PID-3[4]"]


def test_a_refusal_for_want_of_an_identifier_says_why_each_is_ignored(pkb: Client):
    text = A28.replace(IDS, IGNORED)
    reply = pkb.send(text)
    assert reply.code == "AR"
    assert "at least one identifier" in reply.text
    assert INVALID not in reply.text
    assert [line.split(":")[0] for line in explanation(pkb, text)["instead"].splitlines()[1:]] == [
        "PID-3",
        "PID-3[2]",
    ]
    assert list(ignored(lint(pkb, text))) == ["PID-3", "PID-3[2]"]


@pytest.mark.parametrize(
    ("value", "gender"),
    [
        ("f", "FEMALE"),
        ("Female", "FEMALE"),
        ("male", "MALE"),
        (" M ", "MALE"),
        ("Indeterminate", "INDETERMINATE"),
        ("u", "UNKNOWN"),
        ("A", "UNKNOWN"),
        ("ambiguous", "UNKNOWN"),
    ],
)
def test_the_first_letter_of_a_gender_decides(pkb: Client, value: str, gender: str):
    explained = explanation(pkb, A28.replace("|F|||2 Mill", f"|{value}|||2 Mill"))
    assert stored(pkb).gender == gender
    hinted = value[0] in "Aa"
    assert explained.get("expected", "").startswith(f"PID-8: {value} counts as U") is hinted
    assert ("A, from older messages" in explained.get("rule", "")) is hinted


@pytest.mark.parametrize("value", ["X", "1", "-", "ÀF"])
def test_another_gender_is_refused_in_pkb_s_words(pkb: Client, value: str):
    reply = pkb.send(A28.replace("|F|||2 Mill", f"|{value}|||2 Mill"))
    assert (reply.code, reply.detail) == ("AR", f"{PREFIX_AR}Invalid gender. Expected U, M, F or I")


def test_lint_hints_at_a_gender_of_older_messages(pkb: Client):
    report = lint(pkb, A28.replace("|F|||2 Mill", "|A|||2 Mill"))
    (hint,) = [finding for finding in report["findings"] if finding["level"] == "hint"]
    assert (hint["segment"], hint["field"], hint["standing"]) == ("PID", "8", "inferred")


def test_a_second_number_of_a_type_is_ignored_by_name(pkb: Client):
    text = message(pid("9998120039^^^NHS^NH~9998120012^^^NHS^NH~NM00999^^^NORTHMOOR^MR", "Quaye^Ottoline"))
    assert list(ignored(lint(pkb, text))) == ["PID-3[2]"]
    assert explanation(pkb, text)["expected"].startswith("PID-3[2]: 9998120012 is ignored: the record has another")
    assert stored(pkb, "9998120039").identifiers[1].value == "NM00999"
