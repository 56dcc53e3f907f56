"""The Java that the console shows for FHIR reads and searches, compiled and run with HAPI FHIR's client."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from sandbox.console.snippets import HttpRequest, snippets_of
from tests.contract.test_hapi import HAPI
from tests.contract.test_hapi import pytestmark as in_hapi
from tests.support import Client

pytestmark = in_hapi
TOLA = "4c86625f-13d7-423c-93e9-d58574a12dec"


def java_of(request: HttpRequest) -> str:
    return next(snippet.text for snippet in snippets_of(request) if snippet.language == "java")


def run(statements: str, folder: Path, **variables: str) -> str:
    """Compile statements as the body of a program, and return what it prints."""
    imports = [line for line in statements.splitlines() if line.startswith("import ")]
    body = [line for line in statements.splitlines() if not line.startswith("import ")]
    text = "\n".join(
        [*imports, "public class Main { public static void main(String[] a) throws Exception {", *body, "}}"]
    )
    (folder / "Main.java").write_text(text, encoding="utf-8")
    classpath = (Path(str(HAPI)) / "target/classpath").read_text(encoding="utf-8").strip()
    command = ["java", "-Dfile.encoding=UTF-8", "-cp", classpath, str(folder / "Main.java")]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=300, env={**os.environ, **variables})
    assert ran.returncode == 0, ran.stderr[-3000:]
    return ran.stdout


@pytest.mark.parametrize(
    "path", [f"Patient/{TOLA}", "Patient?identifier=https://fhir.nhs.uk/Id/nhs-number%7C9991001379"]
)
def test_a_facade_read_and_search_run(pkb: Client, tmp_path: Path, path: str):
    headers = (("Authorization", "Bearer ${TOKEN}"), ("X-Org-Public-Id", pkb.organisation()))
    url = f"{pkb.server.base_url}/fhir/{path}"
    printed = run(
        java_of(HttpRequest("GET", url, headers, "", ("TOKEN",))), tmp_path, TOKEN=pkb.token("letterbox-facade")
    )
    assert '"family": "Adeyemi"' in printed


def test_a_search_of_an_r4_endpoint_runs(pkb: Client, tmp_path: Path):
    url = f"{pkb.server.base_url}/customer/northmoor-r4/fhir/Patient?_count=5"
    request = HttpRequest("GET", url, (("Authorization", "Bearer ${TOKEN}"),), "", ("TOKEN",), "R4")
    printed = run(java_of(request), tmp_path, TOKEN=pkb.token("northmoor-fhir"))
    assert '"type": "searchset"' in printed


def test_a_message_runs_with_the_client_of_java(pkb: Client, tmp_path: Path):
    url = f"{pkb.server.base_url}/services/hl7?wsdl"
    assert "acceptMessage" in run(java_of(HttpRequest("GET", url)), tmp_path)
