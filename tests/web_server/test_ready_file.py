"""The file with the address of a running server: written in one step, removed by the server that wrote it."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.errors import Invalid
from sandbox.web_server.ready_file import ReadyFile


def test_it_has_the_address_while_the_server_runs(tmp_path: Path):
    path = tmp_path / "ready"
    file = ReadyFile(str(path))
    assert not path.exists()
    file.write("http://localhost:1")
    assert path.read_text(encoding="utf-8") == "http://localhost:1\n"
    assert list(tmp_path.iterdir()) == [path]
    file.remove()
    assert not path.exists()
    file.remove()


def test_one_of_an_earlier_server_is_removed_and_one_of_a_later_server_stays(tmp_path: Path):
    path = tmp_path / "ready"
    path.write_text("http://earlier\n", encoding="utf-8")
    file = ReadyFile(str(path))
    assert not path.exists()
    file.write("http://localhost:1")
    path.write_text("http://later\n", encoding="utf-8")
    file.remove()
    assert path.read_text(encoding="utf-8") == "http://later\n"


def test_a_server_that_never_answered_removes_nothing(tmp_path: Path):
    path = tmp_path / "ready"
    file = ReadyFile(str(path))
    path.write_text("", encoding="utf-8")
    file.remove()
    assert path.exists()


def test_without_a_path_there_is_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    file = ReadyFile("")
    file.write("http://localhost:1")
    assert list(tmp_path.iterdir()) == []
    file.remove()


@pytest.mark.parametrize("name", [".", "missing/ready", "file/ready"])
def test_a_path_that_cannot_be_a_file_is_refused(tmp_path: Path, name: str):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(Invalid, match="not a file in a folder that exists"):
        ReadyFile(str(tmp_path / name))
