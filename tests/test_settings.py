"""The settings: one row each, with a default that starts and a sentence of help."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from typing import Any

import pytest

from sandbox.errors import Invalid
from sandbox.settings import CENTURY, PORT, SETTINGS, Settings

NUMBERS = [setting for setting in SETTINGS if str(setting.type).startswith("int") and setting.name != "seed"]
OFF_OR_NONE = {"port", "hl7_port", "mllp_port", "max_checkpoints", "session_seconds", "aggregation_delay"}
"""Settings for which 0 has a meaning."""


def settings_with(name: str, value: Any) -> Settings:
    return Settings(**{name: value})


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_a_setting_has_a_sentence_of_help(setting):
    text = setting.metadata["help"]
    assert text[0].isupper()
    assert text.endswith(".")
    assert set(setting.metadata) == {"help", "choices", "least", "most"}


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


@pytest.mark.parametrize("setting", NUMBERS, ids=lambda setting: setting.name)
def test_a_number_below_its_bound_is_refused(setting):
    option = f"--{setting.name.replace('_', '-')}"
    least = 0 if setting.name in OFF_OR_NONE else 1
    assert getattr(settings_with(setting.name, least), setting.name) == least
    with pytest.raises(Invalid, match=f"^{option} {least - 1}: must be (from )?{least} "):
        settings_with(setting.name, least - 1)


@pytest.mark.parametrize("setting", NUMBERS, ids=lambda setting: setting.name)
def test_a_port_or_a_time_beyond_its_bound_is_refused(setting):
    most = PORT if "port" in setting.name else CENTURY
    assert getattr(settings_with(setting.name, most), setting.name) == most
    if "port" in setting.name or "seconds" in setting.name or setting.name.endswith(("timeout", "delay")):
        with pytest.raises(Invalid, match=f" {most + 1}: must be from [01] to {most}$"):
            settings_with(setting.name, most + 1)
    else:
        settings_with(setting.name, most + 1)


@pytest.mark.parametrize("seed", [-(2**70), -1, 0, None, 2**70])
def test_every_whole_number_is_a_seed(seed):
    assert Settings(seed=seed).seed == seed
