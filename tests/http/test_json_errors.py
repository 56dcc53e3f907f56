"""What is wrong with a body that should be JSON is said in the same words, however it was decoded."""

from __future__ import annotations

import json

import pytest

from sandbox.http.json_errors import reason_of

FIRST = "Expecting value at line 1, column 1"
TEXTS = {
    "a word": ("x", FIRST),
    "a second byte order mark": ("\ufeff{}", FIRST),
    "invalid JSON behind a second byte order mark": ("\ufeff{", FIRST),
    "a member without a value": ('{\n"a": }', "Expecting value at line 2, column 6"),
}


@pytest.mark.parametrize("is_text", [True, False], ids=["text", "bytes"])
@pytest.mark.parametrize(("text", "reason"), TEXTS.values(), ids=TEXTS)
def test_the_first_place_that_is_no_json_is_named(text: str, reason: str, is_text: bool):
    with pytest.raises(ValueError, match="line") as error:
        # One byte order mark of the bytes is removed before they are parsed.
        json.loads(text if is_text else f"\ufeff{text}".encode())
    assert reason_of(error.value) == reason
