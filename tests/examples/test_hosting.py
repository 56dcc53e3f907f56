"""examples/hosting: manifests that meet their schemas and fit the image, and two sandboxes behind one nginx."""

from __future__ import annotations

import os
import re
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme
from ruamel.yaml import YAML

from sandbox.server import SandboxServer
from sandbox.settings import SETTINGS
from tests.contract.nginx import needs_nginx, running_nginx
from tests.support import SOAP

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "examples/hosting"
MANIFESTS = sorted((FOLDER / "kubernetes").glob("*.yaml"))
KUSTOMIZATION = FOLDER / "kubernetes/kustomization.yaml"
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
VALIDATOR = os.environ.get("PKB_SANDBOX_TEST_KUBERNETES")
A28 = (ROOT / "fixtures/hl7/adt_a28.hl7").read_text(encoding="utf-8").strip()
NAMES = ("bookings.pkb-sandbox.example", "pathology.pkb-sandbox.example")

needs_validator = pytest.mark.skipif(
    not VALIDATOR, reason="PKB_SANDBOX_TEST_KUBERNETES names no kubernetes-validate; .ci/run installs it"
)


def parsed(file: Path) -> dict[str, Any]:
    content: dict[str, Any] = YAML(typ="safe").load(file)
    return content


def container() -> dict[str, Any]:
    stateful_set = parsed(FOLDER / "kubernetes/statefulset.yaml")
    (content,) = stateful_set["spec"]["template"]["spec"]["containers"]
    return dict(content)


@pytest.mark.own_environment("kubernetes")
@needs_validator
@pytest.mark.parametrize("file", [file for file in MANIFESTS if file != KUSTOMIZATION], ids=lambda file: file.stem)
def test_a_manifest_meets_the_schema_of_kubernetes(file: Path):
    result = subprocess.run([str(VALIDATOR), "--strict", str(file)], capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.own_environment("kubernetes")
@needs_validator
def test_the_validator_refuses_a_misspelt_manifest(tmp_path: Path):
    text = (FOLDER / "kubernetes/statefulset.yaml").read_text(encoding="utf-8")
    file = tmp_path / "statefulset.yaml"
    file.write_text(text.replace("readOnlyRootFilesystem", "readOnlyRootFileSystem"), encoding="utf-8")
    assert subprocess.run([str(VALIDATOR), "--strict", str(file)], capture_output=True, timeout=120).returncode != 0


def test_the_compose_file_meets_its_schema():
    file = FOLDER / "compose.yaml"
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(file)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_kustomization_lists_every_manifest():
    assert set(parsed(KUSTOMIZATION)["resources"]) == {file.name for file in MANIFESTS if file != KUSTOMIZATION}


def test_every_variable_is_a_setting():
    names = {f"PKB_SANDBOX_{setting.name.upper()}" for setting in SETTINGS}
    for file in FOLDER.rglob("*.*"):
        assert set(re.findall(r"PKB_SANDBOX_[A-Z_]+", file.read_text(encoding="utf-8"))) <= names


def test_the_pod_runs_as_the_image_does():
    pod = parsed(FOLDER / "kubernetes/statefulset.yaml")["spec"]["template"]["spec"]
    user = re.search(r"^USER (\d+):(\d+)$", DOCKERFILE, re.MULTILINE)
    assert user is not None
    security = pod["securityContext"]
    assert (security["runAsUser"], security["runAsGroup"]) == (int(user[1]), int(user[2]))
    (port,) = container()["ports"]
    assert f"EXPOSE {port['containerPort']}" in DOCKERFILE
    (mount,) = container()["volumeMounts"]
    assert f"install --directory --owner sandbox --group sandbox {mount['mountPath']}" in DOCKERFILE


def test_data_files_are_on_the_volume():
    service = parsed(FOLDER / "compose.yaml")["services"]["pkb-sandbox"]
    (volume,) = service["volumes"]
    variables = {variable["name"]: variable.get("value") for variable in container()["env"]}
    assert service["environment"]["PKB_SANDBOX_DATA"].startswith(volume.partition(":")[2] + "/")
    assert variables["PKB_SANDBOX_DATA"].startswith(container()["volumeMounts"][0]["mountPath"] + "/")


@pytest.mark.parametrize("probe", ["livenessProbe", "readinessProbe"])
def test_a_probe_is_answered(probe: str):
    path = container()[probe]["httpGet"]["path"]
    with SandboxServer(port=0) as server:
        assert httpx.get(server.base_url + path).status_code == 200


def test_the_selectors_agree():
    labels = parsed(FOLDER / "kubernetes/statefulset.yaml")["spec"]["template"]["metadata"]["labels"]
    assert parsed(FOLDER / "kubernetes/service.yaml")["spec"]["selector"] == labels
    assert parsed(FOLDER / "kubernetes/networkpolicy.yaml")["spec"]["podSelector"]["matchLabels"] == labels


@contextmanager
def serving(folder: Path, admin_token: str) -> Iterator[str]:
    """A sandbox in a process of its own, as on a host, and its base URL."""
    ready = folder / f"ready-{admin_token}"
    options = ["--port", "0", "--ready-file", str(ready), "--admin-token", admin_token]
    command = [sys.executable, "-m", "sandbox", "serve", *options]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT) as process:
        try:
            while not (ready.is_file() and ready.read_text(encoding="utf-8").endswith("\n")):
                assert process.poll() is None, "the sandbox did not start"
                time.sleep(0.05)
            yield ready.read_text(encoding="utf-8").strip()
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def ingress(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of nginx with nginx.conf, in front of two sandboxes; requests name their host in a header."""
    folder = tmp_path_factory.mktemp("nginx")
    issuer, trust = trustme.CA(), ssl.create_default_context()
    issuer.configure_trust(trust)
    text = (FOLDER / "nginx.conf").read_text(encoding="utf-8")
    with ExitStack() as stack:
        for port, admin_token in ((8081, "of-bookings"), (8082, "of-pathology")):
            base_url = stack.enter_context(serving(folder, admin_token))
            text = text.replace(f"127.0.0.1:{port}", base_url.removeprefix("http://"))
        port = stack.enter_context(running_nginx(text, issuer.issue_cert("localhost"), folder))
        yield stack.enter_context(httpx.Client(base_url=f"https://localhost:{port}", verify=trust, timeout=30))


def token(client: httpx.Client, host: str) -> str:
    auth = ("letterbox-facade", "letterbox-Secret-2026")
    form = {"grant_type": "client_credentials"}
    response = client.post("/api/oauth/token", data=form, auth=auth, headers={"Host": host})
    assert response.status_code == 200, response.text
    return str(response.json()["access_token"])


def control(client: httpx.Client, host: str, admin_token: str, path: str) -> httpx.Response:
    return client.get(f"/_sandbox/{path}", headers={"Host": host, "Authorization": f"Bearer {admin_token}"})


def exchanges(client: httpx.Client, host: str, admin_token: str) -> int:
    return len(control(client, host, admin_token, "exchanges?api=hl7").json()["exchanges"])


def send_a28(client: httpx.Client, host: str) -> str:
    headers = {"Host": host, "Content-Type": "text/xml"}
    auth = ("org_northmoor", "northmoor-Hl7-2026")
    return client.post("/services/hl7", content=SOAP.format(A28.replace("&", "&amp;")), headers=headers, auth=auth).text


@needs_nginx
def test_each_host_name_leads_to_a_world_of_its_own(ingress: httpx.Client):
    assert "MSA|AA|" in send_a28(ingress, NAMES[0])
    assert exchanges(ingress, NAMES[0], "of-bookings") == 1
    assert exchanges(ingress, NAMES[1], "of-pathology") == 0


@needs_nginx
def test_a_token_of_one_sandbox_is_refused_by_the_other(ingress: httpx.Client):
    headers = {
        "Authorization": f"Bearer {token(ingress, NAMES[0])}",
        "X-Org-Public-Id": "ab0469a5-c2ba-4ff7-b9d4-9080df2db07e",
    }
    query = "/fhir/Patient?identifier=https://fhir.nhs.uk/Id/nhs-number%7C9991001379"
    statuses = [ingress.get(query, headers={**headers, "Host": name}).status_code for name in NAMES]
    assert statuses == [200, 401]


@needs_nginx
@pytest.mark.parametrize("host", NAMES)
def test_links_carry_the_host_name_of_the_client(ingress: httpx.Client, host: str):
    assert f'"https://{host}/services/hl7"' in ingress.get("/services/hl7?wsdl", headers={"Host": host}).text


@needs_nginx
def test_control_needs_the_token_of_the_sandbox_that_it_reaches(ingress: httpx.Client):
    tokens = ("of-bookings", "of-pathology")
    statuses = [control(ingress, name, of, "world").status_code for name in NAMES for of in tokens]
    assert statuses == [200, 401, 401, 200]


@needs_nginx
def test_a_name_of_no_sandbox_reaches_none(ingress: httpx.Client):
    assert ingress.get("/services/hl7?wsdl", headers={"Host": "other.pkb-sandbox.example"}).status_code == 421
