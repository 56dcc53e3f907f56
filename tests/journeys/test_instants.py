"""The very instant at which a delay, a code, a token or a session ends, and the second before it."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest

from sandbox.server import SandboxServer
from tests.fhir.facade.samples import TOLA
from tests.hl7.clinical import ADEYEMI, accepted, record
from tests.hl7.messages.test_mdm import TXA, obx, t02
from tests.journeys.test_notifications import clock
from tests.oauth.test_code_grant import DIARY, DONE, read_patient, refresh
from tests.rest.services.test_clinical import own_results
from tests.support import Client

START, SENT = "2026-03-07T09:00:00Z", "2026-03-07T10:00:00Z"
BEFORE, RELEASED = "2026-03-10T09:59:59Z", "2026-03-10T10:00:00Z"
EMAIL = "tola.adeyemi@example.org"


@pytest.fixture
def frozen() -> Iterator[Client]:
    """A sandbox whose clock is frozen, and whose API sessions last one hour."""
    with SandboxServer(port=0, clock=START, session_seconds=3600) as server:
        client = Client(server)
        yield client
        client.http.close()


def at(pkb: Client, instant: str) -> None:
    clock(pkb, {"mode": "frozen", "at": instant})
    pkb.tokens.clear()


def delayed_letter(pkb: Client) -> str:
    accepted(pkb, t02(TXA, obx() + "|" * 8 + "3"))
    (letter,) = record(pkb)["documents"]
    assert letter["released_at"] == RELEASED
    id_: str = letter["id"]
    return id_


def test_a_delayed_letter_can_be_opened_from_the_instant_of_its_release(frozen: Client):
    path = f"/_sandbox/records/{ADEYEMI}/documents/{delayed_letter(frozen)}/read"
    at(frozen, BEFORE)
    assert frozen.http.post(path).status_code == 409
    at(frozen, RELEASED)
    assert frozen.http.post(path).json()["status"] == "READ"


def test_a_delayed_letter_shows_on_the_facade_from_the_instant_of_its_release(frozen: Client):
    id_ = delayed_letter(frozen)
    for instant, has_title in ((BEFORE, False), (RELEASED, True)):
        at(frozen, instant)
        headers = {"Authorization": f"Bearer {frozen.user_token(EMAIL)}"}
        path = f"/DocumentReference?patient=Patient/{TOLA}"
        bundle = frozen.facade(path, client="", organisation=None, headers=headers).json()
        (letter,) = [entry["resource"] for entry in bundle["entry"] if entry["resource"]["id"] == id_]
        assert ("title" in letter["content"][0]["attachment"]) is has_title, instant


def test_a_delayed_result_shows_over_custom_rest_from_the_instant_of_its_release(frozen: Client):
    accepted(
        frozen,
        f"MSH|^~\\&|LIMS|ANY|HL7API|PKB|20260307100000||ORU^R01|c-1|P|2.4\rPID|1||{ADEYEMI}^^^NHS^NH||Adeyemi^Tola\r"
        "OBR|1||L1|UE|||20260307100000+0000\rOBX|1|NM|CREA^Creatinine^L||82|umol/L|||||F||3",
    )
    for instant, value in ((BEFORE, None), (RELEASED, "82")):
        at(frozen, instant)
        results = own_results(frozen)
        assert [result["value"] for result in results if result["name"] == "Creatinine"] == [value]


def tokens(pkb: Client, wait: str = "") -> tuple[int, dict[str, str]]:
    """The status of an exchange of a code some time after it was issued, and the answer."""
    client = pkb.credential(DIARY)
    user = next(person["id"] for person in client["users"] if person["email"] == EMAIL)
    query = {"client_id": DIARY, "redirect_uri": DONE}
    redirect = pkb.http.post(f"/_sandbox/users/{user}/approve", json=query).json()["redirect"]
    if wait:
        clock(pkb, {"advance": wait})
    code = parse_qs(urlsplit(redirect).query)["code"][0]
    response = pkb.http.post("/apiToken.action", data={"grant_type": "authorization_code", "code": code, **query})
    return response.status_code, response.json()


@pytest.mark.parametrize(("wait", "status"), [("PT9M59S", 200), ("PT10M", 400)])
def test_a_code_ends_after_600_seconds(frozen: Client, wait: str, status: int):
    assert tokens(frozen, wait)[0] == status


@pytest.mark.parametrize(("wait", "status"), [("PT29M59S", 200), ("PT30M", 401)])
def test_an_access_token_ends_after_1800_seconds(frozen: Client, wait: str, status: int):
    token = tokens(frozen)[1]["access_token"]
    clock(frozen, {"advance": wait})
    assert read_patient(frozen, token).status_code == status


@pytest.mark.parametrize(("wait", "status"), [("PT59M59S", 200), ("PT1H", 400)])
def test_a_session_ends_at_its_very_instant(frozen: Client, wait: str, status: int):
    token = tokens(frozen)[1]["refresh_token"]
    clock(frozen, {"advance": wait})
    assert refresh(frozen, token).status_code == status


@pytest.mark.parametrize(("wait", "has_token"), [("PT30M", True), ("PT30M1S", False)])
def test_a_refresh_token_comes_as_long_as_the_session_outlives_the_access_token(
    frozen: Client, wait: str, has_token: bool
):
    token = tokens(frozen)[1]["refresh_token"]
    clock(frozen, {"advance": wait})
    assert ("refresh_token" in refresh(frozen, token).json()) is has_token


@pytest.mark.parametrize(("wait", "status"), [("PT59S", 302), ("PT1M", 400)])
def test_a_one_time_password_ends_after_60_seconds(frozen: Client, wait: str, status: int):
    word = frozen.http.post(f"/_sandbox/users/{TOLA}/one-time-password").json()["otpToken"]
    clock(frozen, {"advance": wait})
    assert frozen.http.get("/otp.action", params={"otpToken": word, "redirect_uri": "/"}).status_code == status


LIVES = {
    "a System Client": ("letterbox-facade", "/api/oauth/token", 3599),
    "a Customer System Client": ("northmoor-fhir", "/auth/realms/pkb/protocol/openid-connect/token", 300),
}


@pytest.mark.parametrize(("client", "path", "seconds"), LIVES.values(), ids=LIVES)
def test_a_token_of_client_credentials_ends_at_its_very_instant(frozen: Client, client: str, path: str, seconds: int):
    auth = (client, frozen.credential(client)["client_secret"])
    answer = frozen.http.post(path, data={"grant_type": "client_credentials"}, auth=auth).json()
    assert answer["expires_in"] == seconds
    headers = {"Authorization": f"Bearer {answer['access_token']}", "X-Org-Public-Id": frozen.organisation()}
    address = f"/fhir/Patient/{TOLA}" if "facade" in client else "/customer/northmoor-r4/fhir/Patient"
    for wait, status in ((f"PT{seconds - 1}S", 200), ("PT1S", 401)):
        clock(frozen, {"advance": wait})
        assert frozen.http.get(address, headers=headers).status_code == status
