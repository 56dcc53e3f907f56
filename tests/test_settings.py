"""The settings: one row each, with a default that starts and a sentence of help."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from sandbox.settings import SETTINGS, Settings


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_a_setting_has_a_sentence_of_help(setting):
    text = setting.metadata["help"]
    assert text[0].isupper()
    assert text.endswith(".")
    assert set(setting.metadata) == {"help", "choices"}


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_a_default_is_one_of_the_choices(setting):
    choices = setting.metadata["choices"]
    assert not choices or setting.default in choices


def test_the_defaults_start_on_loopback_in_memory_with_the_default_world():
    settings = Settings()
    assert (settings.host, settings.port, settings.world, settings.data) == ("127.0.0.1", 8080, "default", "")
    assert (settings.clock, settings.seed, settings.pending_cells) == ("real", None, "deny")


def test_settings_do_not_change():
    with pytest.raises(FrozenInstanceError):
        Settings().port = 1  # type: ignore[misc]
