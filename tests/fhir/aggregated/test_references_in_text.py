"""References in the text of a resource are those of the parsed resource, whatever else the text contains."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.fhir.aggregated.references import names_in, referred_names, relative_reference, rewrite_references
from sandbox.fhir.base.json import parse_stored, render

LINKS = ("Patient/1", "http://x.test/fhir/Patient/1/_history/2", 'https://x.test/"a\\b"/Group/2', "#1")
LIKE_ONE = (
    'x","reference":"Patient/9',
    '{"reference":"Patient/9"}',
    'a"reference":"',
    "\\",
    '\\"reference":"Patient/9"',
    "Questionnaire/9",
    '"questionnaire":"Questionnaire/9"',
)
"""Texts that contain what looks like a link once it is written as JSON, or would if quotation marks stayed."""

NAMES = ("a", "reference", "questionnaire", *LIKE_ONE)


def rewritten_tree(value: Any, target: Callable[[str], str]) -> Any:
    """What the text must say: every reference rewritten, wherever it stands."""
    if isinstance(value, list):
        return [rewritten_tree(item, target) for item in value]
    if not isinstance(value, dict):
        return value
    copy = {name: rewritten_tree(item, target) for name, item in value.items()}
    if isinstance(copy.get("reference"), str) and not copy["reference"].startswith("#"):
        copy["reference"] = target(relative_reference(copy["reference"]))
    answered = copy.get("questionnaire")
    if isinstance(answered, str) and re.fullmatch(r"Questionnaire/[A-Za-z0-9\-.]{1,64}", answered):
        copy["questionnaire"] = target(answered)
    return copy


def an_object(children: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    links = {
        "reference": st.one_of(st.sampled_from(LINKS), st.integers(0, 1)),
        "questionnaire": st.sampled_from(["Questionnaire/q", "http://x.test/Questionnaire/q", "Questionnaire/q|2"]),
    }
    members = st.dictionaries(st.sampled_from([name for name in NAMES if name not in links]), children, max_size=3)
    return st.builds(lambda more, own: {**more, **own}, members, st.fixed_dictionaries({}, optional=links))


TEXTS = st.one_of(st.sampled_from(LIKE_ONE), st.text(max_size=5), st.none(), st.booleans())
TREES = an_object(st.recursive(TEXTS, lambda inner: st.one_of(st.lists(inner, max_size=3), an_object(inner))))


@given(TREES)
def test_every_reference_is_rewritten_and_nothing_else(tree: dict[str, Any]):
    new = rewrite_references(render(tree), lambda target: f"<{target}>")
    assert parse_stored(new) == rewritten_tree(tree, lambda target: f"<{target}>")


def test_a_text_without_links_stays_as_it_is():
    text = render({"note": LIKE_ONE, 'a"reference': "Patient/9", "b": {"reference": "#1", "questionnaire": "http://q"}})
    assert rewrite_references(text, lambda target: "x") == text
    assert names_in(text) == ()


@pytest.mark.parametrize(
    "resource",
    [
        {"subject": {"reference": "Patient/1"}, "author": [{"reference": "Group/2"}, {"reference": "Patient/1"}]},
        {"questionnaire": "Questionnaire/q", "subject": {"reference": "http://x.test/Patient/1/_history/2"}},
        {"questionnaire": "http://x.test/Questionnaire/q", "note": [{"text": text} for text in LIKE_ONE]},
        {},
    ],
)
def test_the_names_in_a_text_are_those_of_the_resource(resource: dict[str, Any]):
    assert names_in(render(resource)) == referred_names(resource)
