"""What is used of a message, and what is not: the linter and the explanation agree with what the record holds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.access.matrix import decide
from sandbox.hl7.lint import lint, sender
from sandbox.hl7.receiver import receive
from sandbox.settings import Settings
from sandbox.worlds.workspaces import Workspaces
from tests.hl7.clinical import accepted, message, record
from tests.hl7.samples import A28, IDS, example, explanation
from tests.hl7.test_every_field import EXAMPLES
from tests.support import Client

PRINCIPAL = sender(Workspaces(Settings(seed=1, clock="2026-04-01T09:00:00Z")).default, None)
"""The first organisation of a world of its own, whose clock stands still."""
Place = tuple[str, int, int, int, int]
"""Segment, field, repetition, component and sub-component, each from 1."""


def outcome(text: str) -> Any:
    """The acknowledgement's code and everything that the message changes, taken back again."""
    replies = []
    workspace = PRINCIPAL.workspace
    with workspace.ids.unspent():
        changes = workspace.store.rehearse(
            lambda: replies.append(receive(PRINCIPAL, text, lambda action: decide(PRINCIPAL, "hl7", action)))
        )
    return replies[0].ack, changes


def findings_of(text: str) -> list[dict[str, Any]]:
    findings: list[dict[str, Any]] = lint(PRINCIPAL, text)["findings"]
    return findings


def by_place(text: str, *levels: str) -> dict[str, str]:
    """The findings of some levels: place → text."""
    return {
        f"{finding['segment']}-{finding['field']}" if finding["field"] else finding["segment"]: finding["text"]
        for finding in findings_of(text)
        if finding["level"] in levels
    }


def leaves(text: str) -> Iterator[Place]:
    """Every value of a message, in the standard delimiters."""
    counts: dict[str, int] = {}
    for line in text.splitlines():
        name, *fields = line.split("|")
        counts[name] = counts.get(name, 0) + 1
        place = name if counts[name] == 1 else f"{name}[{counts[name]}]"
        for number, field in enumerate(fields, 2 if name == "MSH" else 1):
            for position, repetition in enumerate(field.split("~") if (name, number) != ("MSH", 2) else (), 1):
                for at, component in enumerate(repetition.split("^"), 1):
                    for part, value in enumerate(component.split("&"), 1):
                        if value.strip():
                            yield place, number, position, at, part


def level(findings: list[dict[str, Any]], place: Place) -> str:
    """The level of the finding that is nearest to a place; empty when none speaks of it."""
    segment, field, repetition, component, part = place
    at = f"{field}" if repetition == 1 else f"{field}[{repetition}]"
    names = [f"{at}.{component}.{part}", f"{at}.{component}", at]
    names += [f"{field}[1]"] if repetition == 1 else [str(field)]
    for name in [*names, ""]:
        for finding in findings:
            if (finding["segment"], finding["field"]) == (segment, name) and finding["level"] != "hint":
                return str(finding["level"])
    return ""


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_value_of_an_example_is_spoken_of(name: str):
    findings = findings_of(EXAMPLES[name])
    assert [place for place in leaves(EXAMPLES[name]) if not level(findings, place)] == []


def put(text: str, line: int, place: tuple[int, int, int, int], value: str) -> tuple[str, Place]:
    """The message with another value at a place of a line, which is made where it is not there."""
    lines = text.splitlines()
    name, *fields = lines[line].split("|")
    number, repetition, component, part = place
    index = number - (2 if name == "MSH" else 1)
    fields += [""] * (index + 1 - len(fields))
    repetitions = fields[index].split("~")
    repetitions += [""] * (repetition - len(repetitions))
    components = repetitions[repetition - 1].split("^")
    components += [""] * (component - len(components))
    parts = components[component - 1].split("&")
    parts += [""] * (part - len(parts))
    parts[part - 1] = value
    components[component - 1] = "&".join(parts)
    repetitions[repetition - 1] = "^".join(components)
    fields[index] = "~".join(repetitions)
    nth = sum(other.startswith(name) for other in lines[: line + 1])
    changed = [*lines[:line], "|".join([name, *fields]), *lines[line + 1 :]]
    return "\r".join(changed), (name if nth == 1 else f"{name}[{nth}]", *place)


DECIDING = {
    ("OBR", 4),
    ("OBR", 25),
    ("OBX", 11),
    ("PID", 8),
    ("PID", 13),
    ("PID", 14),
    ("PV1", 2),
    *(("MSH", number) for number in range(3, 13)),
    *(("QRD", number) for number in range(1, 13)),
    *(("QRF", number) for number in range(1, 10)),
}
"""Fields that are read to decide, and whose values may come to the same as a blank one."""


@settings(max_examples=600)
@given(
    name=st.sampled_from(sorted(EXAMPLES)),
    line=st.integers(0, 9),
    field=st.integers(1, 46),
    repetition=st.sampled_from((1, 1, 2)),
    component=st.sampled_from((1, 1, 2, 3, 4, 5, 6, 7, 9)),
    part=st.sampled_from((1, 1, 1, 2)),
    value=st.sampled_from(("Changed", "20260101", "7", "a@example.org", "R", "X")),
)
def test_only_fields_documented_as_used_change_the_record(name, line, field, repetition, component, part, value):
    text = EXAMPLES[name]
    lines = text.splitlines()
    line = min(line, len(lines) - 1)
    if lines[line].startswith("MSH"):
        field = max(field, 3)
    changed, place = put(text, line, (field, repetition, component, part), value)
    findings = findings_of(changed)
    answer = level(findings, place)
    ack, changes = outcome(changed)
    assert answer or ack != "AA", (place, findings)
    assert (ack == "AA") == (not any(finding["level"] == "error" for finding in findings))
    blank, _ = put(text, line, (field, repetition, component, part), "")
    ratio = any("a ratio or range" in finding["text"] for finding in findings)
    if ack == "AA" and not ratio and (place[0].partition("[")[0], field) not in DECIDING:
        assert ((ack, changes) != outcome(blank)) == (answer == "used"), (place, changed)


TX = "OBX|1|TX|N^Note^L9||{}||||||F"
REPORT = message("ORU^R01", "OBR|1||L1|S^Service^L9|||202603031120", "{}", "NTE|||Third line")
CUT = {
    "a component": (TX.format("pain ^ fever"), {"OBX-5.2": "\\S\\"}),
    "a sub-component": (TX.format("salt & pepper"), {"OBX-5.1.2": "\\T\\"}),
    "a sub-component of a further one": (TX.format("one^two&three"), {"OBX-5.2": "\\S\\"}),
    "of a further repetition": (TX.format("one~two & three"), {"OBX-5[2].1.2": "\\T\\"}),
    "of a further segment": (TX.format("one") + "\r" + TX.format("a & b"), {"OBX[2]-5.1.2": "\\T\\"}),
    "a note": (TX.format("one") + "\rNTE|1||a ~ b & c", {"NTE-3[2]": "\\R\\"}),
    "several": (TX.format("a & b & c ^ d"), {"OBX-5.1.2": "\\T\\", "OBX-5.1.3": "\\T\\", "OBX-5.2": "\\S\\"}),
}


@pytest.mark.parametrize("name", CUT)
def test_text_behind_an_unescaped_delimiter_is_accepted_and_named(pkb: Client, name: str):
    segments, expected = CUT[name]
    text = REPORT.replace("{}", segments)
    cut = by_place(text, "cut")
    assert list(cut) == list(expected)
    assert all(f"write {escape}" in cut[place] for place, escape in expected.items())
    accepted(pkb, text)
    lines = explanation(pkb, text)["expected"].splitlines()
    assert [line.split(":")[0] for line in lines if "unescaped" in line] == list(expected)


@pytest.mark.parametrize("length", [39, 40, 41, 80])
def test_a_notice_quotes_forty_characters_of_the_text_that_is_cut_off(length: int):
    (notice,) = by_place(REPORT.replace("{}", TX.format("pain^" + "x" * length)), "cut").values()
    assert notice.startswith(f"[{'x' * min(length, 40)}{'…' if length > 40 else ''}] is not read")


def test_a_component_after_a_number_is_unused_but_not_text_that_was_cut():
    text = REPORT.replace("{}", "OBX|1|NM|N^Number^L9||7^8|mg|||||F")
    assert by_place(text, "cut") == {}
    assert "OBX-5.2" in by_place(text, "ignored")


def test_escaped_text_is_read_whole(pkb: Client):
    text = REPORT.replace("{}", TX.format("a \\T\\ b \\S\\ c \\R\\ d"))
    assert by_place(text, "cut") == {}
    accepted(pkb, text)
    assert record(pkb)["lab_results"][0]["text"] == "a & b ^ c ~ d"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (example("siu_s12").replace("Bring your", "Diary & bring your"), "NTE-3.1.2"),
        (example("siu_s12").replace("Knee clinic review", "Knee ^ hip"), "SCH-7.3"),
        (example("siu_s12").replace("ZAP|", "ZAP|https://x.example/?a=1&b=2|", 1), "ZAP-1.1.2"),
        (example("oru_r01_radiology").replace("|TX|RPT^Report||", "|TX|RPT^Report||Left & right ", 1), "OBX-5.1.2"),
        (A28.replace("Recorded by the", "Nurse ^ doctor"), "NTE-3.2"),
        (A28.replace("^Twice daily", "^Twice & daily"), "ZRX-1.2.2"),
        (message("ADT^A01", "PV1|1|I|^^^^^^^^Elm & Oak||||||||||||||||V9"), "PV1-3.9.2"),
        (message("ADT^A01", "PV1|1|I|^^^^^^^^Elm^Oak||||||||||||||||V9"), "PV1-3.10"),
    ],
)
def test_text_is_cut_in_every_message(text: str, place: str):
    assert place in by_place(text, "cut")


IGNORED = {
    "a repetition": (A28.replace("^GBR|", "^GBR~1 Other Road|"), "PID-11[2]"),
    "a component": (A28.replace("Lee^^Mrs", "Lee^Dr^Mrs"), "PID-5.4"),
    "a phone beside the mobile": (A28.replace("^PRS~", "^PRS~02079460000^PRN~"), "PID-13[2]"),
    "a segment": (A28 + "\rZZZ|1|x", "ZZZ"),
    "a second segment of a kind": (example("siu_s12") + "\rPV1|||^^^^^^^^Elsewhere", "PV1[2]"),
    "demographics in a clinical message": (example("siu_s12").replace("19880214", "19880214|F"), "PID-8"),
    "an event time behind a better one": (
        message("ADT^A01", "EVN||2026|||u|20260101", "PV1|1|I|||||||||||||||||V9" + "|" * 25 + "20260102"),
        "EVN",
    ),
    "a name in a text report": (REPORT.replace("{}", TX.format("a~b")), "OBX-3.2"),
    "a comment on a measurement": (
        message(
            "ORU^R01", "OBR|1||L1|S|||2026", "OBX|1|NM|27113001^Weight^SNOMED CT||68|kg|||||F", "NTE|||After lunch"
        ),
        "NTE",
    ),
    "what is taken back": (message("ORU^R01", "OBR|1||L1" + "|" * 22 + "R", "OBX|1|NM|A^A^L9||1"), "OBX"),
    "a result that was never obtained": (
        message("ORU^R01", "OBR|1||L1|S|||2026", "OBX|1|NM|A^A^L9||1||||||X"),
        "OBX",
    ),
    "an identifier without a value": (A28.replace(IDS, f"{IDS}~^^^NHS^NH"), "PID-3[3]"),
}


@pytest.mark.parametrize("name", IGNORED)
def test_a_field_without_effect_is_ignored_and_reported(pkb: Client, name: str):
    text, place = IGNORED[name]
    assert place in by_place(text, "ignored")
    accepted(pkb, text)
    if place != "PID-8" and place != "EVN":
        assert any(line.startswith(f"{place}: ") for line in explanation(pkb, text)["expected"].splitlines())


@pytest.mark.parametrize("name", ["siu_s12", "adt_a01"])
def test_an_identifier_of_pid_2_is_used_though_the_patient_exists(name: str):
    text = example(name)
    text = "\n".join(
        line.replace("PID|||", "PID||9991001379^^^NHS^NH|").replace("PID|1||", "PID|1|9991001379^^^NHS^NH|")
        for line in text.splitlines()
    )
    assert "9991001379^^^NHS^NH|" in text
    assert not [place for place in by_place(text, "ignored") if place.startswith("PID-2")]


def test_explanations_omit_the_fields_of_every_message(pkb: Client):
    for name in ("adt_a28", "siu_s12", "adt_a01", "oru_r01_laboratory"):
        assert explanation(pkb, example(name)) == {}, name


def test_a_message_of_delimiters_has_bounded_findings(pkb: Client):
    text = A28.replace("|N\n", "|N" + "|x" * 12_000 + "\n")
    findings = findings_of(text)
    assert (len(findings), findings[-1]["text"]) == (10_001, "further unused fields are not listed")
    accepted(pkb, text)
    lines = explanation(pkb, text)["expected"].splitlines()
    assert (len(lines), lines[-1]) == (501, "further unused fields are not listed")


def test_each_of_many_segments_is_spoken_of():
    text = "\r".join([A28, *["ZZZ|x"] * 3000])
    assert sum(finding["segment"].startswith("ZZZ") for finding in findings_of(text)) == 3000


def test_a_finding_names_a_fact_with_its_source():
    for finding in findings_of(REPORT.replace("{}", TX.format("a & b"))):
        assert re.match("https?://", finding["source"])
