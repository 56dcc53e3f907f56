"""A running sandbox as tests see it: real sockets, and the few things that every test would write again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import httpx
import jwt

from sandbox.server import SandboxServer
from tests.fhir.strict_reader import read_strictly

SOAP = (
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
    ' xmlns:wss="http://wsssl.hl7api.patientsknowbest.com/"><soapenv:Header/><soapenv:Body>'
    "<wss:acceptMessage><arg0>{}</arg0></wss:acceptMessage></soapenv:Body></soapenv:Envelope>"
)
STACKS: dict[str, dict[str, Any]] = {
    "httptools, uvloop": {"http_parser": "httptools", "event_loop": "uvloop"},
    "h11, asyncio": {"http_parser": "h11", "event_loop": "asyncio"},
}
"""What a server can run on → its settings. Their answers are the same."""

NORTHMOOR, EASTGATE = "Northmoor NHS Trust", "Eastgate Community Health"


@dataclass(frozen=True)
class Ack:
    """An acknowledgement, taken apart with nothing but `split`."""

    text: str

    @property
    def segments(self) -> list[list[str]]:
        return [line.split("|") for line in self.text.split("\r") if line]

    def segment(self, name: str) -> list[str]:
        """The first segment of that name; fields by their HL7 number, except in MSH, where they are one lower."""
        return next(segment for segment in self.segments if segment[0] == name)

    @property
    def code(self) -> str:
        return self.segment("MSA")[1]

    @property
    def control_id(self) -> str:
        msa = self.segment("MSA")
        return msa[2] if len(msa) > 2 else ""

    @property
    def detail(self) -> str:
        msa = self.segment("MSA")
        return msa[3] if len(msa) > 3 else ""


@dataclass
class Client:
    """Calls a running sandbox as integrators do. `tokens` survive resets, as those of seeded credentials do."""

    server: SandboxServer
    tokens: dict[str, tuple[str, float, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.http = httpx.Client(base_url=self.server.base_url, timeout=30)

    def control(self, path: str) -> Any:
        response = self.http.get(f"/_sandbox{path}")
        assert response.status_code == 200, response.text
        return response.json()

    def credential(self, id_: str) -> dict[str, Any]:
        credentials = self.control("/credentials")["credentials"]
        return next(
            credential for credential in credentials if id_ in (credential.get("client_id"), credential.get("username"))
        )

    def organisation(self, name: str = NORTHMOOR) -> str:
        return next(
            organisation["id"]
            for organisation in self.control("/world")["organisations"]
            if organisation["name"] == name
        )

    def patient(self, reason: str) -> dict[str, Any]:
        """The patient of the default world whose reason contains a text."""
        return next(patient for patient in self.control("/world")["patients"] if reason in patient["reason"])

    def post_soap(self, body: bytes | str, user: str = "org_northmoor", **headers: str) -> httpx.Response:
        """A raw POST to the HL7 endpoint with the credentials of a user of the default world; `user=""` sends none."""
        auth: Any = httpx.BasicAuth(user, self.credential(user)["password"]) if user else None
        content = body.encode() if isinstance(body, str) else body
        sent_headers = {
            "Content-Type": "text/xml;charset=utf-8",
            **{k.replace("_", "-"): v for k, v in headers.items()},
        }
        return self.http.post("/services/hl7", content=content, headers=sent_headers, auth=auth)

    def send(self, er7: str, user: str = "org_northmoor") -> Ack:
        """Sends a message in SOAP; asserts the one shape that every reply has."""
        response = self.post_soap(SOAP.format(escape(er7)), user)
        return self.ack(response)

    @staticmethod
    def ack(response: httpx.Response) -> Ack:
        assert response.status_code == 200, response.text
        assert response.headers["content-type"] == "text/xml;charset=utf-8"
        root = ElementTree.fromstring(response.content)
        (returned,) = root.iter("return")
        return Ack(returned.text or "")

    def token(self, client_id: str) -> str:
        """A live access token of a System Client or Customer System Client.

        A new one after half of its life, by the clock of the world, or when that clock has gone back.
        """
        token, since, until = self.tokens.get(client_id, ("", 0.0, 0.0))
        if not since <= self.server.workspaces.default.clock.now().timestamp() < (since + until) / 2:
            credential = self.credential(client_id)
            realm = credential["kind"] == "customer-system-client"
            path = "/auth/realms/pkb/protocol/openid-connect/token" if realm else "/api/oauth/token"
            auth = (client_id, credential["client_secret"])
            response = self.http.post(path, data={"grant_type": "client_credentials"}, auth=auth)
            assert response.status_code == 200, response.text
            token = response.json()["access_token"]
            claims = jwt.decode(token, options={"verify_signature": False})
            self.tokens[client_id] = (token, claims["iat"], claims["exp"])
        return token

    def user_token(self, email: str, client_id: str = "stepwise-diary") -> str:
        """A live access token of an app, granted by a person of the default world."""
        client = self.credential(client_id)
        user = next(user["id"] for user in client["users"] if user["email"] == email)
        query = {"client_id": client_id, "redirect_uri": client["redirect_uris"][0]}
        redirect = self.http.post(f"/_sandbox/users/{user}/approve", json=query).json()["redirect"]
        code = parse_qs(urlsplit(redirect).query)["code"][0]
        return self._exchange(grant_type="authorization_code", code=code, **query)

    def tethered_token(self) -> str:
        """A live access token of the client that is tethered to a team."""
        listed = self.credential("letterbox-tethered")["refresh_token"]
        form = {"client_id": "letterbox-tethered", "scope": "SITE"}
        return self._exchange(grant_type="refresh_token", refresh_token=listed, **form)

    def _exchange(self, **form: str) -> str:
        response = self.http.post("/apiToken.action", data=form)
        assert response.status_code == 200, response.text
        return response.json()["access_token"]

    def facade(
        self,
        path: str,
        *,
        method: str = "GET",
        client: str = "letterbox-facade",
        organisation: str | None = NORTHMOOR,
        headers: dict[str, str] | None = None,
        **options: Any,
    ) -> httpx.Response:
        """A call to the Facade; `client=""` sends no token, `organisation=None` no organisation header."""
        sent_headers = dict(headers or {})
        if client:
            sent_headers.setdefault("Authorization", f"Bearer {self.token(client)}")
        if organisation:
            sent_headers.setdefault("X-Org-Public-Id", self.organisation(organisation))
        return self.http.request(method, f"/fhir{path}", headers=sent_headers, **options)


def assert_operation_outcome(
    response: httpx.Response, status: int, code: str, diagnostics: str | None = None, response_code: str | None = None
) -> dict[str, Any]:
    """The one shape in which a FHIR endpoint says no, in the codes of its release."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/fhir+json;charset=utf-8"
    body: dict[str, Any] = response.json()
    assert body["resourceType"] == "OperationOutcome"
    read_strictly("stu3" if response.request.url.path.startswith(("/fhir", "/phr-fhir")) else "r4", body)
    (issue,) = body["issue"]
    assert issue["severity"] == "error"
    assert issue["code"] == code, body
    if diagnostics is not None:
        assert issue.get("diagnostics") == diagnostics
    if response_code is not None:
        (coding,) = issue["details"]["coding"]
        assert coding["code"] == response_code
    return body
