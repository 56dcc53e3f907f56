"""Which parser and event loop a server uses: the fast ones where they are installed."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from sandbox.errors import Invalid
from sandbox.server import SandboxServer
from sandbox.web_server.choices import event_loop, http_parser
from sandbox.web_server.h11_connection import H11Connection
from sandbox.web_server.httptools_connection import HttpToolsConnection


def test_the_fast_ones_are_used_where_they_are_installed():
    assert http_parser("auto") is http_parser("httptools") is HttpToolsConnection
    assert event_loop("auto") == event_loop("uvloop") == "uvloop"


def test_others_can_be_chosen():
    assert http_parser("h11") is H11Connection
    assert event_loop("asyncio") == "asyncio"


def test_the_others_are_used_elsewhere(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "httptools", None)
    monkeypatch.setitem(sys.modules, "uvloop", None)
    assert http_parser("auto") is H11Connection
    assert event_loop("auto") == "asyncio"


@pytest.mark.parametrize(("setting", "library"), [("http_parser", "httptools"), ("event_loop", "uvloop")])
def test_a_choice_that_is_not_installed_is_refused(monkeypatch: pytest.MonkeyPatch, setting: str, library: str):
    monkeypatch.setitem(sys.modules, library, None)
    option = setting.replace("_", "-")
    options: dict[str, Any] = {setting: library}
    with pytest.raises(Invalid, match=f"^--{option} {library}: is not installed on this platform$"):
        SandboxServer(port=0, **options)
