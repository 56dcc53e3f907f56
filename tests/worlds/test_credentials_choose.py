"""The credentials choose the world: every kind of them, at every API, and nothing of one world shows in another."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from sandbox.hl7.mllp import framed
from sandbox.server import SandboxServer
from tests.hl7.samples import ORGANISATIONS, message, pid
from tests.hl7.test_mllp import free_port
from tests.support import Client
from tests.worlds.world import World

Json = dict[str, Any]
NORTHMOOR = ORGANISATIONS["northmoor"]
NUMBER = "9998120039"
PERSON, PASSWORD = "tola.adeyemi@example.org", "Sandbox-1234"
NHS = "https://fhir.nhs.uk/Id/nhs-number"
REFUSED = 401


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with SandboxServer(port=0, mllp_port=free_port()) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def worlds(server: SandboxServer) -> Iterator[dict[str, World]]:
    """Two worlds beside the default one. The patient of the same number has the name of the world in each of them."""
    pair = {name: World(server.base_url, name) for name in ("red", "blue")}
    for name, world in pair.items():
        new_patient = pid(f"{NUMBER}^^^NHS^NH", f"{name}^Rina", {13: f"^NET^^{name}@example.org"})
        assert world.send(message(new_patient, "PV1|1|N")).code == "AA"
    yield pair
    for world in pair.values():
        world.http.close()


def family(world: World) -> str:
    """The name that a world's patient has by now."""
    return str(world.control("GET", f"/records/{NUMBER}")["patient"]["name"]["family"])


def names(bundle: Json) -> list[str]:
    return [entry["resource"]["name"][0]["family"] for entry in bundle.get("entry", [])]


# --- what each kind of credential does at each API ---


def hl7_of_an_organisation(world: World) -> httpx.Response:
    return world.post_soap(message("QRD|20260310|R|I|Q1|||1^RD|9991001379^^^NHS^NH|DEM", type_="QRY^A19"))


def hl7_of_a_partner(world: World) -> httpx.Response:
    alias = world.credential("Letterbox, hybrid")["on_behalf_of"][0]["alias"]
    text = message(
        "QRD|20260310|R|I|Q1|||1^RD|9991001379^^^NHS^NH|DEM", type_="QRY^A19", facility=f"{alias}{{{alias}}}"
    )
    return world.post_soap(text, "Letterbox, hybrid")


def facade_of_a_partner(world: World) -> httpx.Response:
    path = f"/fhir/Patient?identifier={NHS}|{NUMBER}"
    return world.get(path, world.token("Letterbox, Facade"), X_Org_Public_Id=NORTHMOOR)


def facade_of_a_patient(world: World) -> httpx.Response:
    patient = next(user["id"] for user in world.credential("Stepwise Diary")["users"] if user["email"] == PERSON)
    return world.get(f"/fhir/Patient/{patient}", world.sign_in(PERSON, PASSWORD)["access_token"])


def messaging_of_a_partner(world: World) -> httpx.Response:
    token = world.token("Letterbox, Facade")
    return world.get("/phr-fhir/metadata", token)


def rest_of_a_patient(world: World) -> httpx.Response:
    return world.get("/rest/users/self", world.sign_in(PERSON, PASSWORD)["access_token"])


def rest_of_a_team(world: World) -> httpx.Response:
    credential = world.credential("Letterbox, tethered")
    response = world.exchange(
        grant_type="refresh_token",
        refresh_token=credential["refresh_token"],
        client_id=credential["client_id"],
        scope="SITE",
    )
    assert response.status_code == 200, response.text
    credential["refresh_token"] = response.json()["refresh_token"]
    return world.get("/rest/users/self", response.json()["access_token"])


def customer_by_path(world: World) -> httpx.Response:
    return world.get("/customer/northmoor-r4/fhir/Patient", world.token("Northmoor FHIR"))


def customer_by_host(world: World) -> httpx.Response:
    return world.get("/fhir/Patient", world.token("Northmoor FHIR"), Host="northmoor-r4.fhir-api.pkb.test")


def customer_metadata(world: World) -> httpx.Response:
    return world.get("/customer/northmoor-r4/fhir/metadata", world.token("Northmoor FHIR"))


def aggregated(world: World) -> httpx.Response:
    return world.get("/aggregated/fhir/Patient", world.token("Northmoor FHIR"))


def token_of_a_system_client(world: World) -> httpx.Response:
    return world.ask_for_token("Letterbox, Facade")


def token_of_a_customer(world: World) -> httpx.Response:
    return world.ask_for_token("Northmoor FHIR")


def authorize_page(world: World) -> httpx.Response:
    client = world.credential("Stepwise Diary")
    query = {"response_type": "code", "client_id": client["client_id"], "redirect_uri": client["redirect_uris"][0]}
    return world.http.get("/apiAuthorize.action", params=query)


def one_time_password(world: World) -> httpx.Response:
    user = world.credential("Stepwise Diary")["users"][0]["id"]
    password = world.control("POST", f"/users/{user}/one-time-password")["otpToken"]
    return world.http.get("/otp.action", params={"otpToken": password, "redirect_uri": "/"})


def signed_identity(world: World) -> httpx.Response:
    user = world.credential("Stepwise Diary")["users"][0]["id"]
    token = world.control("POST", f"/users/{user}/asserted-login-identity")["token"]
    return world.http.get("/listAppointments.action", params={"assertedLoginIdentity": token})


USES: list[Callable[[World], httpx.Response]] = [
    hl7_of_an_organisation,
    hl7_of_a_partner,
    facade_of_a_partner,
    facade_of_a_patient,
    messaging_of_a_partner,
    rest_of_a_patient,
    rest_of_a_team,
    customer_by_path,
    customer_by_host,
    customer_metadata,
    aggregated,
    token_of_a_system_client,
    token_of_a_customer,
    authorize_page,
    one_time_password,
    signed_identity,
]


@pytest.mark.parametrize("use", USES, ids=lambda use: use.__name__)
@pytest.mark.parametrize("name", ["red", "blue"])
def test_a_credential_chooses_its_world(
    server: SandboxServer, worlds: dict[str, World], name: str, use: Callable[[World], httpx.Response]
):
    every = [server.workspaces.default, *(server.workspaces.named(other) for other in worlds)]
    before = {workspace.name: len(workspace.exchanges) for workspace in every}
    response = use(worlds[name])
    assert response.status_code in (200, 302), response.text
    grown = {workspace.name for workspace in every if len(workspace.exchanges) > before[workspace.name]}
    assert grown == {name}
    assert server.workspaces.named(name).exchanges.find(response.headers["pkb-sandbox-exchange"]) is not None


@pytest.mark.parametrize("name", ["red", "blue"])
def test_each_world_shows_what_was_written_in_it(worlds: dict[str, World], name: str):
    world = worlds[name]
    assert names(facade_of_a_partner(world).json()) == [name]
    assert family(world) == name
    outbox = world.control("GET", "/outbox")["items"]
    assert {item["to"] for item in outbox if "@" in item["to"]} == {f"{name}@example.org"}
    assert {item["exchange"] for item in outbox} <= {row["id"] for row in world.exchanges()}


def test_a_customer_endpoint_of_one_name_is_another_in_each_world(worlds: dict[str, World]):
    for name, world in worlds.items():
        resource = {"resourceType": "Basic", "id": "note", "code": {"text": name}}
        headers = {"Authorization": f"Bearer {world.token('Northmoor FHIR')}"}
        url = "/customer/northmoor-r4/fhir/Basic/note"
        assert world.http.put(url, json=resource, headers=headers).status_code == 201
    for name, world in worlds.items():
        token = world.token("Northmoor FHIR")
        by_path = world.get("/customer/northmoor-r4/fhir/Basic/note", token)
        by_host = world.get("/fhir/Basic/note", token, Host="northmoor-r4.fhir-api.pkb.test")
        assert by_path.json()["code"]["text"] == by_host.json()["code"]["text"] == name
        assert by_path.json()["meta"]["versionId"]


def test_a_message_by_mllp_goes_where_msh_8_says(server: SandboxServer, worlds: dict[str, World]):
    for name, world in worlds.items():
        credential = world.credential("Northmoor integration")
        secret = f"{credential['username']}:{credential['password']}"
        text = message(pid(f"{NUMBER}^^^NHS^NH", f"{name}^By-mllp"), "PV1|1|N", type_="ADT^A31", control_id=f"m-{name}")
        fields = text.split("|")
        fields[7] = secret
        with socket.create_connection(("127.0.0.1", server.mllp_port), 10) as peer:
            peer.sendall(framed("|".join(fields)))
            answer = peer.recv(65536).decode()
        assert f"MSA|AA|m-{name}" in answer
        assert secret.split(":")[1] not in answer
        assert world.control("GET", f"/records/{NUMBER}")["patient"]["name"]["given"] == "By-mllp"
        row = world.exchanges()[-1]
        assert row["hl7"]["control_id"] == f"m-{name}"
        assert credential["password"] not in str(world.exchanges())


def test_a_message_by_mllp_with_a_wrong_password_changes_no_world(server: SandboxServer, worlds: dict[str, World]):
    user = worlds["red"].credential("Northmoor integration")["username"]
    text = message(pid(f"{NUMBER}^^^NHS^NH", "Nobody^Rina"), type_="ADT^A31", control_id="wrong").split("|")
    text[7] = f"{user}:wrong"
    with socket.create_connection(("127.0.0.1", server.mllp_port), 10) as peer:
        peer.sendall(framed("|".join(text)))
        assert "MSA|AR|wrong" in peer.recv(65536).decode()
    assert [family(world) for world in worlds.values()] == list(worlds)
    assert worlds["red"].exchanges()[-1]["hl7"]["control_id"] == "wrong"


# --- what belongs to one world is nothing in another ---


def test_a_code_is_nothing_to_a_client_of_another_world(worlds: dict[str, World]):
    code = worlds["red"].code(PERSON, PASSWORD)
    for name, error in (("blue", "invalid_grant"), ("red", None)):
        client = worlds[name].credential("Stepwise Diary")
        answer = worlds[name].exchange(
            grant_type="authorization_code",
            code=code,
            client_id=client["client_id"],
            redirect_uri=client["redirect_uris"][0],
        )
        assert answer.json().get("error") == error


def test_a_refresh_token_is_nothing_to_a_client_of_another_world(worlds: dict[str, World]):
    token = worlds["red"].sign_in(PERSON, PASSWORD)["refresh_token"]
    for name, error in (("blue", "invalid_grant"), ("red", None)):
        client = worlds[name].credential("Stepwise Diary")["client_id"]
        answer = worlds[name].exchange(grant_type="refresh_token", refresh_token=token, client_id=client)
        assert answer.json().get("error") == error


def test_a_secret_is_nothing_to_a_client_of_another_world(worlds: dict[str, World]):
    red, blue = (worlds[name].credential("Letterbox, Facade") for name in ("red", "blue"))
    for id_, secret, status in (
        (red["client_id"], blue["client_secret"], REFUSED),
        (blue["client_id"], red["client_secret"], REFUSED),
        (red["client_id"], red["client_secret"], 200),
    ):
        data = {"grant_type": "client_credentials"}
        answer = worlds["red"].http.post("/api/oauth/token", data=data, auth=(id_, secret))
        assert answer.status_code == status


def test_a_user_approves_only_clients_of_the_world_that_the_call_names(worlds: dict[str, World]):
    red = worlds["red"].credential("Stepwise Diary")
    body = {"client_id": red["client_id"], "redirect_uri": red["redirect_uris"][0]}
    path = f"/_sandbox/users/{red['users'][0]['id']}/approve"
    assert worlds["red"].http.post(path, json=body, params={"workspace": "red"}).status_code == 200
    for parameters in ({"workspace": "blue"}, {}):
        answer = worlds["red"].http.post(path, json=body, params=parameters)
        assert (answer.status_code, answer.json()["detail"]) == (400, "The client_id is not registered.")


def test_the_authorize_page_signs_in_people_of_the_world_of_its_client(worlds: dict[str, World]):
    user = worlds["red"].credential("Stepwise Diary")["users"][0]["id"]
    identity = worlds["red"].control("POST", f"/users/{user}/asserted-login-identity")["token"]
    for name, is_signed_in in (("red", True), ("blue", False)):
        client = worlds[name].credential("Stepwise Diary")
        query = {"response_type": "code", "client_id": client["client_id"], "redirect_uri": client["redirect_uris"][0]}
        page = worlds[name].http.get("/apiAuthorize.action", params={**query, "assertedLoginIdentity": identity})
        assert ('name="password"' not in page.text) == is_signed_in


def test_an_address_as_identity_means_the_world_of_the_client(worlds: dict[str, World]):
    for world in worlds.values():
        client = world.credential("Stepwise Diary")
        query = {"response_type": "code", "client_id": client["client_id"], "redirect_uri": client["redirect_uris"][0]}
        page = world.http.get("/apiAuthorize.action", params={**query, "assertedLoginIdentity": PERSON})
        assert 'name="password"' not in page.text


# --- refused, and still somebody's ---


def test_a_world_records_its_refusals_in_its_own_journal(server: SandboxServer, worlds: dict[str, World]):
    world = worlds["blue"]
    token = world.token("Letterbox, Facade")
    session = world.sign_in(PERSON, PASSWORD)["access_token"]
    world.control("PUT", "/clock", {"advance": "P2D"})
    user = world.credential("Northmoor integration")["username"]
    client = world.credential("Letterbox, Facade")["client_id"]
    xml = {"Content-Type": "text/xml"}
    responses = [
        world.get("/fhir/Patient/1", token, X_Org_Public_Id=NORTHMOOR),
        world.get("/fhir/Patient/1", session),
        world.get("/rest/users/self", session),
        world.http.post("/services/hl7", content=b"<x/>", headers=xml, auth=(user, "wrong")),
        world.http.post("/api/oauth/token", data={"grant_type": "client_credentials"}, auth=(client, "wrong")),
        world.exchange(grant_type="refresh_token", refresh_token="x", client_id=client, client_secret="wrong"),
    ]
    world.control("PUT", "/clock", {"mode": "real"})
    assert {response.status_code for response in responses} == {REFUSED}
    ids = [row["id"] for row in world.exchanges()[-len(responses) :]]
    assert [response.headers["pkb-sandbox-exchange"] for response in responses] == ids


def test_a_refusal_is_explained_at_the_path_that_it_names(worlds: dict[str, World]):
    world = worlds["red"]
    response = facade_of_a_partner_without_header(world)
    path = response.headers["pkb-sandbox-explain"]
    assert path.endswith("/explanation?workspace=red")
    explanation = world.http.get(path)
    assert explanation.status_code == 200
    assert "X-Org-Public-Id" in str(explanation.json())
    assert world.http.get(path, headers={"Accept": "text/html"}).text.startswith("<!")
    assert world.exchanges()[-1]["explain"] == path
    assert world.http.get(path.partition("?")[0]).status_code == 404


def facade_of_a_partner_without_header(world: World) -> httpx.Response:
    response = world.get("/fhir/Patient", world.token("Letterbox, Facade"))
    assert response.status_code == 400
    return response


# --- the end of a world ---


def test_everything_of_a_deleted_world_is_as_unknown_as_if_it_had_never_been(server: SandboxServer):
    world = World(server.base_url, "brief")
    token, session = world.token("Letterbox, Facade"), world.sign_in(PERSON, PASSWORD)
    customer = world.token("Northmoor FHIR")
    code = world.code(PERSON, PASSWORD)
    client = world.credential("Stepwise Diary")
    user = client["users"][0]["id"]
    password = world.control("POST", f"/users/{user}/one-time-password")["otpToken"]
    identity = world.control("POST", f"/users/{user}/asserted-login-identity")["token"]
    explain = facade_of_a_partner_without_header(world).headers["pkb-sandbox-explain"]
    world.delete()

    again = World(server.base_url, "brief")
    assert again.exchanges() == []
    uri = client["redirect_uris"][0]
    query = {"response_type": "code", "client_id": client["client_id"], "redirect_uri": uri}
    assert world.get("/fhir/Patient/1", token, X_Org_Public_Id=NORTHMOOR).status_code == REFUSED
    assert world.get("/rest/users/self", session["access_token"]).status_code == REFUSED
    assert world.get("/customer/northmoor-r4/fhir/Patient", customer).status_code == REFUSED
    assert world.ask_for_token("Letterbox, Facade").status_code == REFUSED
    assert world.ask_for_token("Northmoor FHIR").status_code == REFUSED
    assert world.post_soap("MSH|").status_code == REFUSED
    assert world.http.get("/apiAuthorize.action", params=query).status_code == 400
    for form in (
        {"grant_type": "authorization_code", "code": code, "redirect_uri": uri},
        {"grant_type": "refresh_token", "refresh_token": session["refresh_token"]},
    ):
        answer = world.exchange(client_id=client["client_id"], **form)
        assert (answer.status_code, answer.json()["error"]) == (REFUSED, "invalid_client")
    assert world.http.get("/otp.action", params={"otpToken": password, "redirect_uri": "/"}).status_code == 400
    link = world.http.get("/listAppointments.action", params={"assertedLoginIdentity": identity})
    assert link.status_code == 400
    assert world.http.get(explain).status_code == 404
    assert again.exchanges() == []
    again.delete()
    for client_of_world in (world, again):
        client_of_world.http.close()


def test_a_rotated_key_signs_in_its_own_world_only(worlds: dict[str, World]):
    before = {name: world.token("Letterbox, Facade") for name, world in worlds.items()}
    kid = worlds["red"].control("POST", "/keys/rotate")["kid"]
    after = {name: world.token("Letterbox, Facade") for name, world in worlds.items()}
    assert kid_of(after["red"]) == kid
    assert kid_of(after["blue"]) == kid_of(before["blue"]) == kid_of(before["red"])
    certificates = worlds["red"].http.get("/auth/realms/pkb/protocol/openid-connect/certs").json()["keys"]
    assert {kid, kid_of(before["red"])} <= {key["kid"] for key in certificates}
    for tokens in (before, after):
        for name, token in tokens.items():
            response = worlds[name].get("/fhir/Patient/1", token, X_Org_Public_Id=NORTHMOOR)
            assert response.status_code == 404, response.text


def kid_of(token: str) -> str:
    import jwt

    return str(jwt.get_unverified_header(token)["kid"])


def test_without_credentials_it_is_the_default_world(pkb: Client):
    for path in ("/fhir/metadata", "/customer/northmoor-r4/fhir/metadata", "/services/hl7?wsdl", "/fhir/Patient"):
        response = pkb.http.get(path)
        exchange = response.headers["pkb-sandbox-exchange"]
        assert pkb.control(f"/exchanges/{exchange}")["request"]["path"] == path
