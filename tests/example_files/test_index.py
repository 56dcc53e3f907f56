"""The index names files that exist, cells of the matrix, and pages; the generated folders hold nothing else."""

from __future__ import annotations

import sys
import zipfile
from importlib import import_module
from pathlib import Path

import pytest

from sandbox.access.matrix import matrix
from sandbox.base import datafiles
from sandbox.examples.index import UnknownExample, all_examples, examples_matching, find_example
from sandbox.examples.making import files as example_files
from sandbox.examples.making.hl7 import hl7_examples
from sandbox.facts import STANDINGS, ledger

EXAMPLES = all_examples()
ROOT = Path(__file__).parents[2]


def test_each_entry_is_whole():
    for example in EXAMPLES.values():
        assert example.title
        assert example.cell in matrix() or example.kind == "collection", example.name
        assert example.standing in STANDINGS
        assert example.source.startswith("http") or example.source == "PKB is silent", example.name
        assert set(example.after) <= set(EXAMPLES), example.name
        assert not example.rule or example.rule in ledger()
        assert all(datafiles.read_example(path) for path in example.files), example.name
        assert all(len(line) < 120 for line in (example.title, example.name))


def test_each_message_of_the_folder_is_in_the_index():
    listed = {path for example in EXAMPLES.values() for path in example.files}
    assert {f"hl7/{file.name}" for file in datafiles.path("fixtures/hl7").glob("*.hl7")} <= listed


def test_the_archive_and_the_loose_files_are_those_that_the_facts_make():
    texts = example_files.files()
    for path, text in texts.items():
        loose = ROOT / ("fixtures" if path == "examples.json" else "examples/ready-made") / path
        assert datafiles.read_example(path) == loose.read_bytes() == text.encode(), path
    listed = {path for example in EXAMPLES.values() for path in example.files}
    with zipfile.ZipFile(datafiles.path("fixtures/examples.zip")) as archive:
        assert set(archive.namelist()) == set(texts) - {"examples.json"}
    assert set(texts) - {"examples.json"} <= listed


def test_a_file_that_there_is_not_is_an_error():
    with pytest.raises(FileNotFoundError):
        datafiles.read_example("hl7/nothing.hl7")


def test_two_examples_of_one_name_are_noticed(monkeypatch: pytest.MonkeyPatch):
    written = list(hl7_examples())
    monkeypatch.setattr(example_files, "hl7_examples", lambda: written + written[:1])
    with pytest.raises(ValueError, match="adt_a28"):
        example_files.files()


def test_a_changed_file_is_written_again_and_one_too_many_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    updating = import_module("example_files")
    monkeypatch.setattr(updating, "ROOT", tmp_path)
    monkeypatch.setattr(updating, "files", lambda: {"examples.json": "{}", "hl7/a.hl7": "MSH"})
    folder = tmp_path / "examples/ready-made"
    folder.mkdir(parents=True)
    (tmp_path / "fixtures").mkdir()
    (folder / "old.hl7").write_text("x")
    (folder / "README.md").write_text("# Ready-made")
    names = ["fixtures/examples.json", "examples/ready-made/hl7/a.hl7", "examples/ready-made/old.hl7"]
    assert updating.update_examples(check=True) == [*names, "fixtures/examples.zip"]
    assert not (folder / "hl7").exists()
    updating.update_examples(check=False)
    assert updating.update_examples(check=True) == []
    assert sorted(path.name for path in folder.rglob("*.*")) == ["README.md", "a.hl7"]
    sys.modules.pop("example_files")


def test_a_filter_matches_attributes_and_words():
    names = {example.name for example in examples_matching(("refused", "SIU"))}
    assert "siu_s12_without_sch_1_1" in names
    assert all(name.startswith("siu") for name in names)
    assert examples_matching(("partner", "HL7", "query")) == [EXAMPLES["partner_qry_a19_dem"]]
    assert examples_matching(("nothing like this",)) == []


@pytest.mark.parametrize(
    ("name", "close"), [("adt_a82", "adt_a28"), ("SIU_S12", "siu_s12"), ("xyzzy", "not an example")]
)
def test_a_wrong_name_gets_similar_ones(name: str, close: str):
    with pytest.raises(UnknownExample, match=close):
        find_example(name)
