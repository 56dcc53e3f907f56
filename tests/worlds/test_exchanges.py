"""The journal keeps secrets out: what is masked, what is left alone, and that looking for them costs little."""

from __future__ import annotations

import time

import pytest

from sandbox.worlds.masking import masked_body, masked_headers, masked_query

MASK = "[redacted]"

QUERIES = {
    "": "",
    "a=1&b=2": "a=1&b=2",
    "client_secret=s3": f"client_secret={MASK}",
    "a=1&client_secret=s%26t+u&b=2": f"a=1&client_secret={MASK}&b=2",
    "code=abc&state=x": f"code={MASK}&state=x",
    "password=a=b?c&x=1": f"password={MASK}&x=1",
    "refresh_token=": f"refresh_token={MASK}",
    "client%5Fsecret=s3": f"client%5Fsecret={MASK}",
    "otpToken=1&assertedLoginIdentity=2": f"otpToken={MASK}&assertedLoginIdentity={MASK}",
    "next=/x?token=abc&y=1": f"next=/x?token={MASK}&y=1",
    "token=a&token=b": f"token={MASK}&token={MASK}",
    "a=1 token=b\ntoken=c": f"a=1 token={MASK}\ntoken={MASK}",
    "tokens=a&xtoken=b&token": "tokens=a&xtoken=b&token",
    "category=x|token": "category=x|token",
}
BODIES = {
    ('{"access_token":"a.b.c","expires_in":1}', "application/json"): f'{{"access_token":"{MASK}","expires_in":1}}',
    ('{ "client_secret" : "a\\"b" , "x":"y"}', "application/json"): f'{{ "client_secret" : "{MASK}" , "x":"y"}}',
    ('{"password":"cut', "application/json"): f'{{"password":"{MASK}',
    ('{"password":"cut\\', "application/json"): f'{{"password":"{MASK}',
    ('{"password":"a\nb","x":1}', "application/json"): f'{{"password":"{MASK}","x":1}}',
    ('{"code":"LABORATORY"}', "application/fhir+json"): '{"code":"LABORATORY"}',
    ('<x code="A"/>', "text/xml;charset=utf-8"): '<x code="A"/>',
    ("client_secret=s3", "text/plain"): f"client_secret={MASK}",
    ("client_secret=s3", ""): f"client_secret={MASK}",
    ('{"client_secret":"s3"}', "application/x-www-form-urlencoded"): f'{{"client_secret":"{MASK}"}}',
}


@pytest.mark.parametrize(("text", "masked"), QUERIES.items())
def test_secrets_in_a_query_are_masked(text: str, masked: str):
    assert masked_query(text) == masked


@pytest.mark.parametrize(("body", "masked"), BODIES.items(), ids=[f"{body} {kind}" for body, kind in BODIES])
def test_secrets_in_a_body_are_masked(body: tuple[str, str], masked: str):
    assert masked_body(body[0].encode(), body[1]) == masked


def test_a_token_that_ends_like_the_name_of_a_header_segment_masks_nothing_behind_it():
    body = '{"id":"a-MSH","token_type":"Bearer","expires_in":1800,"scope":"SITE"}'
    assert masked_body(body.encode(), "application/json") == body


def test_secrets_in_headers_are_masked():
    headers = {"Authorization": "Bearer x", "cookie": "a=b", "Set-Cookie": "c", "accept": "*/*"}
    masked = {"Authorization": MASK, "cookie": MASK, "Set-Cookie": MASK, "accept": "*/*"}
    assert masked_headers(headers.items()) == masked


HEAVY = {
    "one long word": "x" * 200_000,
    "many equals signs": "=" * 200_000,
    "many question marks": "a?" * 100_000,
    "many pairs": "token=x&" * 25_000,
    "spaces": '"token"' + " " * 200_000,
    "quotes": '"token":"' * 20_000,
    "tags": "<token>" * 20_000,
    "tags that are cut": "<token a='" * 20_000,
    "tags in comments": "<token><!--" * 20_000,
    "ends of other tags": "<token>" + "</tokens>" * 20_000,
    "backslashes": '"token":"' + "\\" * 200_000,
}


@pytest.mark.parametrize("text", HEAVY.values(), ids=HEAVY)
@pytest.mark.parametrize("media_type", ["application/json", "text/plain", "application/x-www-form-urlencoded"])
def test_looking_for_secrets_takes_time_in_proportion(text: str, media_type: str):
    def seconds(part: str) -> float:
        started = time.thread_time()
        masked_body(part.encode(), media_type)
        masked_query(part)
        return time.thread_time() - started

    def is_in_proportion() -> bool:
        whole, eighth = (min(seconds(part) for _ in range(5)) for part in (text, text[: len(text) // 8]))
        return whole < 30 * eighth + 1e-3

    assert any(is_in_proportion() for _ in range(4)), "eight times the text takes eight times as long, or sixty-four"
