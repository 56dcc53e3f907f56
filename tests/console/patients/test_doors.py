"""One datum behind every door: real answers, exact marks, and words where a door does not show it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sandbox.model import LabResult
from tests.console.crawling import PREFIX
from tests.console.patients.support import TOLA, page, words
from tests.hl7.samples import example
from tests.support import Client
from tests.worlds.attributes.samples.sending import TOLA as PID
from tests.worlds.attributes.samples.sending import fields, head

APPOINTMENT = "603144d9-34f7-4cba-b06d-cdb0cce184fd"


def send(pkb: Client, *segments: str, type_: str = "ADT^A31") -> None:
    assert pkb.send("\r".join((head(type_, at="20270310101702"), PID, *segments))).code == "AA"


def cards(pkb: Client, **query: str) -> dict[str, str]:
    element = page(pkb, f"patients/{TOLA}/doors", **query)
    return {card.get("data-door", ""): words(card) for card in element.iter("section")}


def marked(pkb: Client, door: str, **query: str) -> dict[str, list[str]]:
    """Datum → the texts that are marked in a door."""
    element = page(pkb, f"patients/{TOLA}/doors", **query)
    texts: dict[str, list[str]] = {}
    for card in (card for card in element.iter("section") if card.get("data-door") == door):
        for mark in card.iter("mark"):
            for key in mark.get("data-datum", "").split():
                texts.setdefault(key, []).append("".join(mark.itertext()))
    return texts


def test_the_doors_answer_as_their_apis_do(pkb: Client):
    by_door = cards(pkb, kind="appointment", id=APPOINTMENT)
    assert "GET /fhir/Appointment?patient=" in by_door["facade"]
    assert '"resourceType": "Appointment"' in by_door["facade"]
    assert "letterbox-facade for Northmoor NHS Trust" in by_door["facade"]
    assert "northmoor-fhir of Northmoor NHS Trust" in by_door["aggregated"]
    assert "Custom REST does not show appointments" in by_door["rest"]
    assert "Where they show: Facade, Aggregated" in by_door["rest"]


def test_the_same_datum_has_the_same_mark_everywhere(pkb: Client):
    message = example("siu_s12").replace("9998120012", "9991001379").replace("NM00901", "NM00401")
    page(pkb, f"patients/{TOLA}")
    assert pkb.send(message).code == "AA"
    id_ = pkb.control(f"/records/{TOLA}")["appointments"][-1]["id"]
    address = {"kind": "appointment", "id": id_}
    hl7, facade, aggregated = (marked(pkb, door, **address) for door in ("hl7", "facade", "aggregated"))
    (start,) = hl7["start_at"]
    assert start.isdigit()
    assert len(facade["start_at"]) == len(aggregated["start_at"]) == 1
    assert facade["subject"] == aggregated["subject"] == hl7["subject"]
    assert "SIU^S12" in cards(pkb, **address)["hl7"]


def test_only_the_segment_of_the_entity_is_marked(pkb: Client):
    page(pkb, f"patients/{TOLA}")
    allergies = (fields("AL1", f1="1", f3="1^Dust^L", f4="SV"), fields("AL1", f1="2", f3="2^Pollen^L", f4="SV"))
    send(pkb, *allergies, "NTE|1||Dust")
    listed = pkb.control(f"/records/{TOLA}")["allergies"]
    for text in ("Dust", "Pollen"):
        id_ = next(row["id"] for row in listed if row["allergen"]["text"] == text)
        by_door = marked(pkb, "hl7", kind="allergy", id=id_)
        assert by_door["allergen.text"] == [text]
        assert by_door["severity.code"] == ["SV"]
    assert "provider" in marked(pkb, "hl7", kind="allergy", id=id_)


def test_a_message_from_before_the_page_was_opened_is_matched_by_its_content(pkb: Client):
    message = example("siu_s12").replace("9998120012", "9991001379").replace("NM00901", "NM00401")
    world = pkb.server.workspaces.default
    assert pkb.send(message).code == "AA"
    id_ = pkb.control(f"/records/{TOLA}")["appointments"][-1]["id"]
    world.checkpoints._log.clear()
    assert "Matched by its content." in cards(pkb, kind="appointment", id=id_)["hl7"]


def test_without_a_message_the_fields_are_named_with_their_values(pkb: Client):
    text = cards(pkb, kind="appointment", id=APPOINTMENT)["hl7"]
    assert "start 20 July 11:00 SIU SCH-11.4" in text


def test_a_datum_that_was_entered_otherwise_says_how(pkb: Client):
    page(pkb, f"patients/{TOLA}")
    pkb.http.post(f"/_sandbox/records/{TOLA}/allergies", json={"allergen": "Peanuts"})
    id_ = pkb.control(f"/records/{TOLA}")["allergies"][-1]["id"]
    assert "it came by the control API" in cards(pkb, kind="allergy", id=id_)["hl7"]


def test_a_caller_who_may_not_see_it_gets_its_refusal(pkb: Client):
    by_door = cards(pkb, kind="appointment", id=APPOINTMENT, **{"as": "stepwise-fhir"})
    assert "404" in by_door["aggregated"]
    assert "None of these callers" in by_door["facade"]


@pytest.mark.parametrize("address", [{"kind": "appointment", "id": "none"}, {"kind": "nothing", "id": APPOINTMENT}])
def test_an_unknown_datum_is_404(pkb: Client, address: dict[str, str]):
    assert pkb.http.get(f"{PREFIX}patients/{TOLA}/doors", params=address).status_code == 404


def test_a_datum_of_another_record_is_404(pkb: Client):
    other = pkb.patient("Access frozen")["id"]
    path = f"{PREFIX}patients/{other}/doors"
    assert pkb.http.get(path, params={"kind": "appointment", "id": APPOINTMENT}).status_code == 404


def test_hostile_text_of_a_message_is_text(pkb: Client):
    page(pkb, f"patients/{TOLA}")
    hostile = "<script>alert(1)</script><mark data-datum='x'>"
    send(pkb, fields("SCH", f1="X1", f7=f"^{hostile}", f11="^^^202704020931"), fields("PV1", f3="^^^^^^^^West"),
         type_="SIU^S12")  # fmt: skip
    id_ = pkb.control(f"/records/{TOLA}")["appointments"][-1]["id"]
    text = pkb.http.get(f"{PREFIX}patients/{TOLA}/doors", params={"kind": "appointment", "id": id_}).text
    assert "<script>alert" not in text
    assert "<mark data-datum='x'>" not in text
    assert "&lt;script&gt;alert(1)" in text


def test_a_request_is_there_as_code_without_a_token(pkb: Client):
    text = cards(pkb, kind="appointment", id=APPOINTMENT)["facade"]
    assert "curl" in text
    assert "$TOKEN" in text or "${TOKEN}" in text
    assert "X-Org-Public-Id" in text


def test_a_deleted_datum_says_that_no_api_shows_it(pkb: Client):
    store = pkb.server.workspaces.default.store
    (result,) = store.find(LabResult, "patient", TOLA)
    store.put(replace(result, deleted=True))
    text = words(page(pkb, f"patients/{TOLA}/doors", kind="lab_result", id=result.id))
    assert "This lab result was deleted" in text
    assert "gets an answer without it" in text


def test_a_file_is_there_with_its_size(pkb: Client):
    document = pkb.control(f"/records/{TOLA}")["documents"][0]["id"]
    assert "610 bytes of application/pdf" in cards(pkb, kind="document", id=document)["rest"]
