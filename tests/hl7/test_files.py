"""Files of messages in every form that engines write: `hl7 send` and `hl7 lint` read them the same way."""

from __future__ import annotations

import codecs
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from sandbox.cli import main
from sandbox.hl7.files import UnusableFile, examples, messages_of
from sandbox.hl7.mllp import framed
from tests.hl7.samples import A28, example
from tests.support import Client

ONE = A28.strip().replace("\n", "\r")
TWO = example("siu_s12").strip().replace("\n", "\r")
BOTH = f"{ONE}\r{TWO}\r"
BATCH = "FHS|^~\\&|PAS\rBHS|^~\\&|PAS\r{}BTS|2\rFTS|1\r"
FORMS: dict[str, bytes] = {
    "CR": BOTH.encode(),
    "LF": BOTH.replace("\r", "\n").encode(),
    "CRLF": BOTH.replace("\r", "\r\n").encode(),
    "blank lines": BOTH.replace("\r", "\r\n\r\n").encode(),
    "no line end": BOTH.strip().encode(),
    "UTF-8 with a mark": codecs.BOM_UTF8 + BOTH.encode(),
    "a mark at each message": BOTH.replace("MSH|", "\ufeffMSH|").encode(),
    "UTF-16 LE": codecs.BOM_UTF16_LE + BOTH.encode("utf-16-le"),
    "UTF-16 BE": codecs.BOM_UTF16_BE + BOTH.encode("utf-16-be"),
    "UTF-16 LE without a mark": BOTH.encode("utf-16-le"),
    "UTF-16 BE without a mark": BOTH.encode("utf-16-be"),
    "UTF-32": BOTH.encode("utf-32"),
    "MLLP": framed(ONE) + framed(TWO),
    "MLLP with segments ended": framed(ONE + "\r") + framed(TWO + "\r"),
    "MLLP in UTF-16": ("\x0b" + ONE + "\x1c\r\x0b" + TWO + "\x1c\r").encode("utf-16"),
    "MLLP cut short": b"\x0b" + ONE.encode() + b"\x0b" + TWO.encode(),
    "a batch": BATCH.format(BOTH).encode(),
    "a batch in CRLF": BATCH.format(BOTH).replace("\r", "\r\n").encode(),
    "a batch in MLLP": framed(BATCH.format(BOTH)),
    "two batches": (BATCH.format(ONE + "\r") + BATCH.format(TWO + "\r")).encode(),
    "a batch without trailer": ("BHS|^~\\&|PAS\r" + BOTH).encode(),
    "blanks before the message": f"\n\n  {BOTH}".encode(),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_file_of_any_form_gives_the_same_messages(form: str):
    assert messages_of(FORMS[form]) == [ONE, TWO]


def test_other_delimiters_begin_a_message_too():
    text = "MSH#*~!&#PAS\rPID#1\rMSH|^~\\&|PAS"
    assert messages_of(text.encode()) == ["MSH#*~!&#PAS\rPID#1", "MSH|^~\\&|PAS"]


def test_accents_survive_every_encoding():
    text = ONE.replace("Rina", "Zoë王")
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"):
        assert messages_of(text.encode(encoding)) == [text]


UNUSABLE: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "is empty"),
    "blanks": (b" \r\n\x0b\x1c\r", "is empty"),
    "a mark alone": (codecs.BOM_UTF8, "is empty"),
    "a PDF": (b"%PDF-1.4\n\xe2\xe3\xcf\xd3", "not text in UTF-8 or UTF-16: byte 0xE2 at 9"),
    "zero bytes": (b"PK\x03\x04\x00\x00", "binary data: character U+0003 at 2"),
    "Latin-1": (ONE.replace("Rina", "Zoë").encode("latin-1"), "not text in UTF-8 or UTF-16: byte 0xEB"),
    "prose": (b"Dear all,\nMSH|^~\\&|A\n", "line 1 does not start with MSH ('Dear all,')"),
    "something behind a batch": (BATCH.format(ONE + "\r").encode() + b"PID|1", "does not start with MSH ('PID|1')"),
    "a batch of nothing": (b"FHS|^~\\&|PAS\rFTS|0", "contains batch segments but no message"),
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_a_file_without_a_message_is_reported_in_one_line(tmp_path: Path, name: str):
    content, text = UNUSABLE[name]
    file = tmp_path / "file.hl7"
    file.write_bytes(content)
    for command in ("send", "lint"):
        result = CliRunner().invoke(main, ["hl7", command, "adt_a28", str(file)])
        (line,) = result.output.splitlines()
        assert (result.exit_code, line.startswith(f"pkb-sandbox: {file} ")) == (2, True)
        assert text in line


@pytest.mark.parametrize(
    ("prepare", "text"),
    [
        (lambda path: path / "nowhere.hl7", "No such file or directory"),
        (lambda path: path, "Is a directory"),
    ],
)
def test_an_unreadable_file_is_reported_in_one_line(tmp_path: Path, prepare: Callable[[Path], Path], text: str):
    for command in ("send", "lint"):
        result = CliRunner().invoke(main, ["hl7", command, str(prepare(tmp_path))])
        assert (result.exit_code, len(result.output.splitlines())) == (2, 1)
        assert text in result.output


@given(
    st.binary(max_size=60) | st.text(st.sampled_from("MSH|^~\\&\r\nFHSBT\x0b\x1c\ufeff"), max_size=60).map(str.encode)
)
def test_any_content_gives_messages_or_a_reason(content: bytes):
    try:
        messages = messages_of(content)
    except UnusableFile:
        return
    assert messages
    assert all(message.startswith("MSH") and "\n" not in message for message in messages)


def run(*arguments: str, content: bytes = b"", **environment: str) -> Result:
    return CliRunner().invoke(main, ["hl7", *arguments], input=content, env=environment)


@pytest.mark.parametrize("form", ["CRLF", "UTF-16 LE", "MLLP", "a batch"])
def test_both_commands_read_standard_input(pkb: Client, form: str):
    linted = run("lint", "-", content=FORMS[form])
    assert (linted.exit_code, [line for line in linted.output.splitlines() if line[0] != " "]) == (
        0,
        ["-[1]: AA", "-[2]: AA"],
    )
    reply = run("send", "--url", pkb.server.base_url, "-", content=FORMS[form])
    assert (reply.exit_code, reply.output.count("\nMSA|AA|")) == (0, 2)


def test_messages_of_several_files_are_named_and_one_refusal_is_exit_code_1(tmp_path: Path):
    file = tmp_path / "two.hl7"
    file.write_text(f"{ONE}\r{ONE.replace('|F|', '|X|')}", encoding="utf-8")
    result = run("lint", str(file), "siu_s12")
    assert result.exit_code == 1
    heads = [line for line in result.output.splitlines() if line[0] != " "]
    assert heads == [f"{file}[1]: AA", f"{file}[2]: AR", "siu_s12: AA"]


def test_several_messages_are_a_list_in_json_and_one_is_an_object():
    assert [outcome["ack"] for outcome in json.loads(run("lint", "--json", "adt_a28", "siu_s12").output)] == [
        "AA",
        "AA",
    ]
    assert json.loads(run("lint", "--json", "adt_a28").output)["ack"] == "AA"


def test_lint_asks_a_running_server_about_its_own_record(pkb: Client):
    url = pkb.server.base_url
    assert run("lint", "--url", url, "siu_s12").exit_code == 0
    moved = ONE.replace("2 Mill Yard", "7 New Road").replace("20260310101500", "20270101120000")
    pkb.send(ONE)
    result = run("lint", "--url", f"{url}/", "-", content=moved.encode())
    assert "  change   patient: address: 7 New Road" in result.output
    assert run("lint", "-", content=moved.encode(), PKB_SANDBOX_URL=url).output == result.output
    assert pkb.control("/records/9998120012")["patient"]["address"]["line1"] == "2 Mill Yard"


def test_lint_asks_as_another_user(pkb: Client):
    result = run("lint", "--url", pkb.server.base_url, "--user", "partner_letterbox", "adt_a28")
    assert result.exit_code == 1
    assert "Unknown sending facility [NORTHMOOR]" in result.output


def test_an_unusable_answer_of_a_server_is_reported_in_one_line(pkb: Client):
    url = pkb.server.base_url
    cases = {
        ("--url", url, "--user", "nobody"): "400",
        ("--url", f"{url}/fhir"): "answered 4",
        ("--url", "http://127.0.0.1:1"): "refused",
        ("--url", "ftp://x"): "ftp://x is not an http or https URL",
        ("--url", url, "--world", "default"): "--world default",
    }
    for options, text in cases.items():
        result = run("lint", *options, "adt_a28")
        assert (result.exit_code, len(result.output.splitlines())) == (2, 1), result.output
        assert text in result.output


def test_examples_are_listed_and_each_is_accepted():
    result = run("examples")
    _, *lines = result.output.splitlines()
    assert (result.exit_code, [line.split()[0] for line in lines]) == (0, list(examples()))
    assert "adt_a11               ADT^A11  Cancel an admission\n" in result.output
    listed = json.loads(run("examples", "--json").output)["examples"]
    assert [row["text"] for row in listed] == list(examples().values())
    assert run("lint", *examples()).exit_code == 0
