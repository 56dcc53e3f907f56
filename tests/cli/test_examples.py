"""`pkb-sandbox examples`: a list, one in full, copies."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from sandbox.examples.index import all_examples
from tests.cli.test_cli import assert_one_line, run

SEGMENT_FIELD = "adt_a01_without_pv1_19_1"
"""Refused in a form that PKB prints for other fields."""


def test_the_list_has_every_example_in_eighty_columns(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COLUMNS", "80")
    result = run("examples", "list")
    assert result.exit_code == 0
    heading, *lines = result.output.splitlines()
    assert heading.split() == ["NAME", "ANSWER", "TITLE"]
    assert [line.split()[0] for line in lines] == list(all_examples())
    assert max(map(len, lines)) <= 80


def test_the_list_as_json_is_the_index():
    rows = json.loads(run("examples", "list", "--json").output)["examples"]
    assert {row["name"] for row in rows} == set(all_examples())
    (row,) = json.loads(run("examples", "list", "siu_s12_without_sch_1_1", "--json").output)["examples"]
    assert row["ack"] == "AR"
    assert row["text"].endswith("SCH-1.1 (placer ID) must be provided. You provided []")
    assert (row["cell"], row["standing"], row["printed"]) == ("customer.hl7.send_data", "documented", True)


def test_a_filter_without_matches_is_an_error():
    assert_one_line(run("examples", "list", "refused", "zebra"), "refused zebra", "examples list")


def test_an_example_is_shown_with_its_answer_and_its_files():
    output = re.sub(r"\n {4,}", " ", run("examples", "show", "siu_s12_without_sch_1_1").output)
    assert "answer   AR Parsing or validation error: SCH-1.1 (placer ID) must be provided. You provided []" in output
    assert "standing documented, and PKB prints this text" in output
    assert "MSA|AR|siu-s12-without-sch-1-1|" in output
    assert (
        "standing documented, and PKB prints the rule, not this text" in run("examples", "show", SEGMENT_FIELD).output
    )
    assert "standing choice\n" in run("examples", "show", "batch").output
    assert "after    siu_s12" in run("examples", "show", "siu_s14").output


def test_only_the_text_is_shown_for_a_pipe():
    output = run("examples", "show", "--text", "adt_a11").output
    assert output.startswith("MSH|^~\\&|")
    assert output.count("\n") == 3


def test_of_many_files_only_the_paths_are_shown():
    lines = run("examples", "show", "bruno_app").output.splitlines()
    assert lines[-1].startswith("collections/bruno/app/")
    assert "collections/bruno/app/bruno.json" in lines
    assert_one_line(run("examples", "show", "--text", "bruno_app"), "bruno_app", "files", "examples copy bruno_app")


def test_a_long_file_is_cut_and_says_how_to_see_all():
    output = run("examples", "show", "postman_customer").output
    assert "more characters: pkb-sandbox examples show postman_customer --text" in output
    whole = run("examples", "show", "--text", "postman_customer").output
    assert json.loads(whole)["info"]["name"] == "PKB Sandbox: a Customer"


def test_a_wrong_name_is_one_line_with_similar_names(tmp_path: Path):
    assert_one_line(run("examples", "show", "adt_a82"), "adt_a82: not an example", "adt_a28")
    assert_one_line(run("examples", "copy", "adt_a82", "--to", str(tmp_path)), "adt_a82", "adt_a28")
    assert list(tmp_path.iterdir()) == []


def test_some_are_copied_and_not_overwritten(tmp_path: Path):
    target = tmp_path / "mine"
    result = run("examples", "copy", "adt_a28", "adt_a28_gender", "adt_a28", "--to", str(target))
    assert (result.exit_code, result.output) == (0, f"3 files in {target}\n")
    files = sorted(str(file.relative_to(target)) for file in target.rglob("*.*"))
    assert files == ["hl7/adt_a28.hl7", "hl7/refused/adt_a28_gender.ack", "hl7/refused/adt_a28_gender.hl7"]
    (target / "hl7/adt_a28.hl7").write_text("mine")
    again = run("examples", "copy", "adt_a11", "adt_a28", "adt_a28_gender", "--to", str(target))
    assert_one_line(again, "adt_a28.hl7 and 2 more: exists already", "--force")
    assert not (target / "hl7/adt_a11.hl7").exists()
    assert run("examples", "copy", "adt_a28", "--to", str(target), "--force").output == f"1 file in {target}\n"
    assert (target / "hl7/adt_a28.hl7").read_text(encoding="utf-8").startswith("MSH")


def test_all_are_copied_with_their_index(tmp_path: Path):
    assert run("examples", "copy", "--to", str(tmp_path)).exit_code == 0
    rows = json.loads((tmp_path / "examples.json").read_text(encoding="utf-8"))["examples"]
    assert all((tmp_path / path).is_file() for row in rows for path in row["files"])


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path):
    (tmp_path / "file").write_text("")
    assert_one_line(run("examples", "copy", "adt_a28", "--to", str(tmp_path / "file")), str(tmp_path / "file"))


def test_a_variant_and_a_refused_message_can_be_linted_by_name():
    assert run("hl7", "lint", "adt_a28_full").exit_code == 0
    result = run("hl7", "lint", "adt_a28_gender")
    assert result.exit_code == 1
    assert "Invalid gender" in result.output
