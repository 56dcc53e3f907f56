"""Forms and search values: what is read of them is bounded, whatever their size."""

from __future__ import annotations

import pytest

from sandbox import facts
from sandbox.fhir.base.query_string import MOST_PAIRS, first_pairs
from sandbox.fhir.search.string import MOST_WORDS, values
from tests.fhir.customer.support import Endpoint, assert_refused
from tests.support import Client

FORM = "application/x-www-form-urlencoded"
LONGEST: int = facts.value("search.long-value")


def test_only_the_first_pairs_of_a_form_are_parsed():
    pairs = first_pairs(b"a=b&" * 100_000)
    assert pairs == [("a", "b")] * MOST_PAIRS


def test_a_short_form_is_parsed_whole():
    assert first_pairs(b"a=b&c=%20&d=") == [("a", "b"), ("c", " "), ("d", "")]
    assert first_pairs(b"") == []


@pytest.mark.parametrize("endpoint", ["/customer/northmoor-r4/fhir", "/aggregated/fhir"])
def test_a_form_of_a_million_parameters_is_refused(pkb: Client, endpoint: str):
    headers = {"Authorization": f"Bearer {pkb.token('northmoor-fhir')}", "Content-Type": FORM}
    response = pkb.http.post(f"{endpoint}/Patient/_search", content=b"a=b&" * 1_000_000, headers=headers)
    assert response.status_code == 413
    assert len(response.content) < 2000


def test_a_value_of_the_longest_length_is_searched_for(pkb: Client):
    body = f"name={'a' * LONGEST}".encode()
    response = Endpoint(pkb).ask("POST", "/Patient/_search", body, Content_Type=FORM)
    assert response.json()["total"] == 0


def test_a_longer_value_is_refused(pkb: Client):
    body = f"name=b,{'a' * (LONGEST + 1)}".encode()
    response = Endpoint(pkb).ask("POST", "/Patient/_search", body, Content_Type=FORM)
    assert_refused(response, 400, "invalid", "A value of name has more than 5,000 characters")


def test_the_words_of_a_family_name_are_found_up_to_a_limit():
    name = " ".join(f"w{number}" for number in range(1000))
    words = [value.folded for value in values("HumanName", {"family": name}, "r4")[""]]
    assert len(words) == 1 + MOST_WORDS
    assert words[1].startswith("w1 ")


def test_a_name_of_a_million_words_can_be_stored_and_found(pkb: Client):
    endpoint = Endpoint(pkb)
    endpoint.put({"resourceType": "Patient", "id": "words", "name": [{"family": "first second " + "a " * 500_000}]})
    assert endpoint.get("/Patient?family=second&_elements=id")["total"] == 1
