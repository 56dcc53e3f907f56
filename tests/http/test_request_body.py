"""Content codings of request bodies at every door (RFC 9110 sections 8.4 and 15.5.16)."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable
from contextlib import suppress
from xml.sax.saxutils import escape

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.errors import TooLarge, Unreadable
from sandbox.http.request_body import UnsupportedCoding, codings, decoded
from tests.hl7.samples import example
from tests.support import SOAP, Client

LIMIT = 20 * 1024 * 1024


def raw_deflate(body: bytes) -> bytes:
    packed = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packed.compress(body) + packed.flush()


CODED: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "GZIP and identity": ("identity, GZIP", gzip.compress),
    "x-gzip": ("x-gzip", gzip.compress),
    "deflate": ("deflate", zlib.compress),
    "deflate without a header": ("deflate", raw_deflate),
    "twice": ("deflate, gzip", lambda body: gzip.compress(zlib.compress(body))),
    "in two members": ("gzip", lambda body: gzip.compress(body[:9]) + gzip.compress(body[9:])),
    "identity": ("identity", bytes),
}
PATIENT = {"resourceType": "Patient", "gender": "female"}
ADMISSION = SOAP.format(escape(example("adt_a28")))


def at_rest(pkb: Client, body: bytes, **headers: str) -> httpx.Response:
    caller = {"Authorization": f"Bearer {pkb.token('letterbox-facade')}", "X-Org-Public-Id": pkb.organisation()}
    return pkb.http.post("/json/v1/patients/x/conversations", content=body, headers={**caller, **headers})


def at_oauth(pkb: Client, body: bytes, **headers: str) -> httpx.Response:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    return pkb.http.post("/api/oauth/token", content=body, headers={**form, **headers})


def at_soap(pkb: Client, body: bytes, **headers: str) -> httpx.Response:
    return pkb.post_soap(body, **headers)


def at_fhir(pkb: Client, body: bytes, **headers: str) -> httpx.Response:
    caller = {"Authorization": f"Bearer {pkb.token('northmoor-fhir')}"}
    return pkb.http.post("/customer/northmoor-r4/fhir/Patient", content=body, headers={**caller, **headers})


def at_facade(pkb: Client, body: bytes, **headers: str) -> httpx.Response:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    return pkb.facade("/Patient/_search", method="POST", content=body, headers={**form, **headers})


def at_control(pkb: Client, body: bytes, **headers: str) -> httpx.Response:
    return pkb.http.post("/_sandbox/reset", content=body, headers=headers)


DOORS = {
    "REST": at_rest,
    "OAuth": at_oauth,
    "SOAP": at_soap,
    "Customer": at_fhir,
    "Facade": at_facade,
    "control": at_control,
}


@pytest.mark.parametrize("coded", CODED)
def test_a_resource_is_stored_whatever_its_coding(pkb: Client, coded: str):
    header, pack = CODED[coded]
    response = at_fhir(pkb, pack(json.dumps(PATIENT).encode()), **{"Content-Encoding": header})
    assert response.status_code == 201, response.text
    assert response.json()["gender"] == "female"


def test_a_message_is_taken_in_gzip(pkb: Client):
    response = at_soap(pkb, gzip.compress(ADMISSION.encode()), Content_Encoding="gzip")
    assert pkb.ack(response).code == "AA"


def test_a_token_is_given_for_a_form_in_gzip(pkb: Client):
    credential = pkb.credential("letterbox-facade")
    form = f"grant_type=client_credentials&client_id=letterbox-facade&client_secret={credential['client_secret']}"
    response = at_oauth(pkb, gzip.compress(form.encode()), **{"Content-Encoding": "gzip"})
    assert response.status_code == 200, response.text


def test_the_journal_keeps_the_body_as_it_was_read(pkb: Client):
    response = at_fhir(pkb, gzip.compress(json.dumps(PATIENT).encode()), **{"Content-Encoding": "gzip"})
    exchange = pkb.control(f"/exchanges/{response.headers['PKB-Sandbox-Exchange']}")
    assert json.loads(exchange["request"]["body"]) == PATIENT
    assert "content-encoding" not in {name.lower() for name in exchange["request"]["headers"]}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("coding", ["br", "zstd", "gzip, br"])
def test_another_coding_is_415_and_named(pkb: Client, door: str, coding: str):
    response = DOORS[door](pkb, b"x", **{"Content-Encoding": coding})
    assert response.status_code == 415
    assert coding.split(", ")[-1] in response.text
    assert response.headers["Accept-Encoding"] == "gzip, deflate"


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    "body",
    [b"not gzip", gzip.compress(b"cut off")[:-4], gzip.compress(b"x") + b"rest"],
    ids=["not gzip", "cut off", "more behind it"],
)
def test_a_body_that_contradicts_its_content_encoding_is_refused(pkb: Client, door: str, body: bytes):
    response = DOORS[door](pkb, body, **{"Content-Encoding": "gzip"})
    assert response.status_code == (500 if door == "SOAP" else 400)
    assert "gzip" in response.text
    assert door != "SOAP" or "soapenv:Client" in response.text


@pytest.mark.parametrize("door", DOORS)
def test_a_body_that_unfolds_beyond_the_limit_is_413(pkb: Client, door: str):
    response = DOORS[door](pkb, gzip.compress(bytes(LIMIT + 1)), **{"Content-Encoding": "gzip"})
    assert response.status_code == 413


@given(st.binary(), st.sampled_from(list(CODED.values())))
def test_any_body_comes_out_as_it_went_in(body: bytes, coded: tuple[str, Callable[[bytes], bytes]]):
    header, pack = coded
    unfolded = pack(body)
    for name in reversed(codings(header)):
        unfolded = decoded(unfolded, name, 1_000_000)
    assert unfolded == body


@given(st.binary(), st.sampled_from(["gzip", "deflate"]))
def test_any_bytes_are_decoded_or_refused(body: bytes, coding: str):
    with suppress(TooLarge, Unreadable):
        assert len(decoded(body, coding, 1000)) <= 1000


def test_the_work_on_one_body_is_bounded():
    with pytest.raises(Unreadable):
        decoded(gzip.compress(b"") * 101, "gzip", LIMIT)
    with pytest.raises(UnsupportedCoding):
        codings("gzip, gzip, gzip, gzip")
