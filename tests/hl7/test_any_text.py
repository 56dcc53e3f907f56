"""Whatever is sent: one acknowledgement, and nothing stored unless it says AA."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.hl7.samples import A28, state
from tests.support import Client

LINES = A28.strip().split("\n")
LEGAL = st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")
TEXT = st.text(LEGAL | st.sampled_from("\t\n\r"), max_size=200)
ER7 = st.text(st.sampled_from('|^~\\&\r\n"{}A1 MSHPIDé王'), max_size=200).map(lambda text: f"MSH|^~\\&|{text}")
HEADERS = st.lists(st.text(LEGAL, max_size=8), max_size=14).map(lambda fields: "MSH|^~\\&|" + "|".join(fields))
WRITTEN = {"|": "\\F\\", "^": "\\S\\", "&": "\\T\\", "~": "\\R\\", "\\": "\\E\\"}


def control_id(text: str) -> str:
    """MSH-10 by a reading of its own, in the delimiters that the message names; escapes are left to others."""
    first = text.strip().replace("\r", "\n").split("\n")[0]
    if not first.startswith("MSH") or len(first) < 8:
        return ""
    fields = first.split(first[3])
    named = fields[1] + "^~\\&"[len(fields[1]) :]
    component, repetition, sub = named[0], named[1], named[3]
    value = fields[9] if len(fields) > 9 else ""
    return value.split(repetition)[0].split(component)[0].split(sub)[0]


def escaped(text: str) -> str:
    return "".join(WRITTEN.get(character, character) for character in text)


@settings(max_examples=400)
@given(text=TEXT | ER7 | HEADERS)
def test_any_text_gets_one_acknowledgement_with_its_control_id(running: Client, text: str):
    ack = running.send(text)
    assert [segment[0] for segment in ack.segments] == ["MSH", "MSA"]
    assert ack.segment("MSH")[1:4] == ["^~\\&", "HL7API", "PKB"]
    assert ack.code in ("AR", "AE")
    if "\\" not in control_id(text):
        assert ack.control_id in (control_id(text), escaped(control_id(text)))


@settings(max_examples=400)
@given(
    line=st.integers(0, len(LINES) - 1),
    place=st.integers(0, 200),
    inserted=st.sampled_from(
        ["|", "^", "~", "&", "\\", "\\X0D\\", '""', "|||", "\r", "é", "", "^^^^^^", "MSH|", "{", "0"]
    ),
    dropped=st.integers(0, 12),
)
def test_any_mutation_is_taken_in_or_leaves_nothing_behind(
    running: Client, line: int, place: int, inserted: str, dropped: int
):
    running.server.workspaces.default.reset(("store",))
    before = state(running)
    chosen = LINES[line]
    place = min(place, len(chosen))
    mutated = [*LINES[:line], chosen[:place] + inserted + chosen[place + dropped :], *LINES[line + 1 :]]
    ack = running.send("\r".join(mutated))
    assert [segment[0] for segment in ack.segments] == ["MSH", "MSA"]
    assert ack.code in ("AA", "AR", "AE")
    if ack.code != "AA":
        assert state(running) == before
