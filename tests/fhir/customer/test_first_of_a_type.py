"""The models of a type are imported in a thread for its first resource, whatever the interaction and the format."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

import httpx

from sandbox.app import create_app
from sandbox.settings import Settings
from sandbox.worlds.workspaces import Workspaces

ROOT = "/customer/northmoor-r4/fhir"
TOKENS = "/auth/realms/pkb/protocol/openid-connect/token"
FORM = {"grant_type": "client_credentials", "client_id": "northmoor-fhir", "client_secret": "northmoor-Secret-2026"}
XML = "application/fhir+xml"


class Importing:
    """Notes the threads in which models are imported."""

    def __init__(self) -> None:
        self.threads: dict[str, threading.Thread] = {}

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name.startswith("fhir.resources."):
            self.threads[name.rpartition(".")[2]] = threading.current_thread()
        return None


async def ask(method: str, path: str, content: str, media_type: str, accept: str) -> httpx.Response:
    """The answer of a new server in this process to its first request with a resource."""
    transport = httpx.ASGITransport(app=create_app(Workspaces(Settings())), client=("127.0.0.1", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as http:
        token = (await http.post(TOKENS, data=FORM)).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}", "Content-Type": media_type, "Accept": accept}
        return await http.request(method, ROOT + path, content=content, headers=headers)


FIRST = {
    "enrollmentrequest": ("POST", "/EnrollmentRequest", "<EnrollmentRequest xmlns='http://hl7.org/fhir'/>", XML, XML),
    "enrollmentresponse": (
        "PATCH",
        "/EnrollmentResponse/none",
        '{"status": "active"}',
        "application/merge-patch+json",
        "application/json",
    ),
}


def main() -> None:
    """Print for each model the status of its request, and whether the main thread imported it."""
    importing = Importing()
    sys.meta_path.insert(0, importing)
    statuses = {model: asyncio.run(ask(*request)).status_code for model, request in FIRST.items()}
    threads = {model: importing.threads[model] is threading.main_thread() for model in FIRST}
    print(json.dumps({model: [statuses[model], threads[model]] for model in FIRST}))


def test_models_are_imported_in_a_thread():
    # A process of its own: other tests may have imported every model here.
    command = [sys.executable, "-c", f"from {__name__} import main; main()"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    assert json.loads(printed) == {"enrollmentrequest": [201, False], "enrollmentresponse": [404, False]}
