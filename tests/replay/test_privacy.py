"""No secret in a recording or report, and no person in a redacted report."""

from __future__ import annotations

import re
from pathlib import Path

from sandbox import Sandbox
from tests.replay.conftest import Recorded, ReplayCommand

PEOPLE = re.compile(
    r"Tola|Toyin|Adeyemi|Okonjo|Ropewalk|Mill Lane|07700900|@|NM00401|NM77401|Halloran|Khatun|Rina|Kidney"
    r"|1988-?02-?14|1971-?03-?05|9991001379|9998120012|9991008225|Glucose of|Lindqvist|diary|4c86625f"
)
JSON_WEB_TOKEN = re.compile(r"eyJ[\w-]{10,}")


def test_a_recording_contains_no_secret(recorded: Recorded):
    texts = {file.name: file.read_text(encoding="utf-8") for file in recorded.folder.iterdir()}
    assert set(texts) == {"recording.json", "exchanges.har", "exchanges.hl7"}
    assert len(recorded.secrets) > 8
    for name, text in texts.items():
        assert [secret for secret in recorded.secrets if secret in text] == [], name
        assert JSON_WEB_TOKEN.search(text) is None, name
        assert "Bearer " not in text.replace("Bearer realm", ""), name


def test_a_report_contains_no_secret_of_either_server(recorded: Recorded, replay: ReplayCommand, other_people: Path):
    with Sandbox(world=str(other_people)) as other:
        rows = other.credentials
        replayed = replay(other)
    secrets = {str(row[key]) for row in rows for key in ("password", "client_secret", "refresh_token") if key in row}
    text = replayed.result.output + str(replayed.report)
    assert replayed.differences
    assert [secret for secret in recorded.secrets | secrets if secret in text] == []
    assert JSON_WEB_TOKEN.search(text) is None


def test_a_redacted_report_contains_no_person_but_codes_and_shapes(replay: ReplayCommand, other_people: Path):
    with Sandbox(world=str(other_people)) as other:
        plain = replay(other)
        other.reset()
        redacted = replay(other, "--redact")
    assert PEOPLE.search(plain.result.output)
    assert len(redacted.differences) == len(plain.differences) > 15
    for text in (redacted.result.output, str(redacted.report)):
        assert PEOPLE.findall(text) == []
    assert any('"<date>" in the recording, another "<date>" now' in text for text in redacted.differences)
    assert any(".name[0].family" in text for text in redacted.differences)
    assert any("PID-5.1" in text for text in redacted.differences)
