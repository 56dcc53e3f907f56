"""The names that `import sandbox` offers, each loaded when it is first used."""

from __future__ import annotations

import sys

import pytest

import sandbox


@pytest.mark.parametrize(
    ("name", "module"),
    [
        ("Sandbox", "sandbox.testing.sandbox"),
        ("AsyncSandbox", "sandbox.testing.async_sandbox"),
        ("Settings", "sandbox.settings"),
    ],
)
def test_a_public_name_comes_from_its_module(name: str, module: str):
    assert name in sandbox.__all__
    assert getattr(sandbox, name) is getattr(sys.modules[module], name)


def test_another_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'sandbox' has no attribute 'Server'"):
        sandbox.Server  # noqa: B018


@pytest.mark.parametrize(
    ("missing", "error", "text"),
    [("httpx", ImportError, "sandbox.Sandbox needs httpx: pip install"), ("other", ModuleNotFoundError, "No module")],
)
def test_a_missing_package_is_named_with_the_extra_that_has_it(
    missing: str, error: type[Exception], text: str, monkeypatch: pytest.MonkeyPatch
):
    def fail(name: str) -> None:
        raise ModuleNotFoundError(f"No module named {missing!r}", name=missing)

    monkeypatch.setattr(sandbox, "import_module", fail)
    with pytest.raises(error, match=text):
        sandbox.Sandbox  # noqa: B018
