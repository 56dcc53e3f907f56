"""What the client of the command line makes of a SOAP answer."""

from __future__ import annotations

import pytest

from sandbox.hl7.client import Unanswered, acknowledgment_in, post


def test_the_acknowledgement_is_the_text_of_return():
    assert acknowledgment_in(b"<a><return>MSH|x</return><return>MSH|y</return></a>") == "MSH|x"
    assert acknowledgment_in(b"<a><return/></a>") == ""
    assert acknowledgment_in(b"<a/>") == ""


@pytest.mark.parametrize("answer", [b"", b"MSH|", b"<a>", b"<!DOCTYPE a><a><return>MSH</return></a>"])
def test_what_is_no_plain_xml_has_no_acknowledgement(answer: bytes):
    with pytest.raises(ValueError, match=r"."):
        acknowledgment_in(answer)


@pytest.mark.parametrize("url", ["ftp://127.0.0.1", "127.0.0.1:8080", "file:///etc/hostname"])
def test_only_web_addresses_are_asked(url: str):
    with pytest.raises(Unanswered, match=r"is not an http or https URL"):
        post(url, "u", "p", "MSH|")
