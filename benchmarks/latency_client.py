"""The client of `benchmarks.latency`: requests with each credential of the default world."""

from __future__ import annotations

import base64
import http.client
import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

ROOT, FACADE, AGGREGATED = "/customer/northmoor-r4/fhir", "/fhir", "/aggregated/fhir"
HL7, CONTROL = "/services/hl7", "/_sandbox"
ENVELOPE = (
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
    ' xmlns:wss="http://wsssl.hl7api.patientsknowbest.com/"><soapenv:Body>'
    "<wss:acceptMessage><arg0><![CDATA[{}]]></arg0></wss:acceptMessage></soapenv:Body></soapenv:Envelope>"
)
Json = dict[str, Any]


class Client:
    """Sends requests on one connection for each, and returns the status as text."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.is_full = False
        """Whether the world has been filled."""
        self._tokens: dict[str, str] = {}

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, bytes]:
        """Send a request with the credential that its path needs; a body that is not bytes becomes JSON."""
        content = body if isinstance(body, (bytes, str, type(None))) else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        all_headers = {
            **self._credential(path),
            **({"Content-Type": "application/json"} if body is not None else {}),
            **named,
        }
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)
        try:
            connection.request(method, path, content, all_headers)
            response = connection.getresponse()
            return response.status, response.read()
        except OSError as error:
            return 0, repr(error).encode()
        finally:
            connection.close()

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> str:
        return str(self.send(method, path, body, **headers)[0])

    def send_message(self, message: str) -> str:
        """Send an HL7 message; return the status and the code of the acknowledgement."""
        status, answer = self.send("POST", HL7, ENVELOPE.format(message).encode(), Content_Type="text/xml")
        code = answer.partition(b"MSA|")[2][:2].decode()
        return f"{status} {code}".strip()

    def put_all(self, resources: Iterable[Json]) -> None:
        """Store resources, 1,000 in one transaction."""
        entries = [
            {"request": {"method": "PUT", "url": f"{resource['resourceType']}/{resource['id']}"}, "resource": resource}
            for resource in resources
        ]
        for start in range(0, len(entries), 1000):
            bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries[start : start + 1000]}
            status, answer = self.send("POST", ROOT, bundle)
            if status != 200:
                raise SystemExit(f"cannot prepare: {answer.decode()[:500]}")

    def _credential(self, path: str) -> dict[str, str]:
        if path.startswith(HL7):
            return {"Authorization": f"Basic {base64.b64encode(b'org_northmoor:northmoor-Hl7-2026').decode()}"}
        if path.startswith(("/customer", AGGREGATED)):
            return {"Authorization": f"Bearer {self._token('northmoor')}"}
        if path.startswith((FACADE, "/phr-fhir")):
            organisation = {"X-Org-Public-Id": "ab0469a5-c2ba-4ff7-b9d4-9080df2db07e"}
            return {"Authorization": f"Bearer {self._token('letterbox')}", **organisation}
        return {}

    def user_token(self, email: str) -> str:
        """Return the access token of a user who signs in at the first client that may serve them."""
        clients = json.loads(self.send("GET", f"{CONTROL}/credentials")[1])["credentials"]
        users = ((client, user) for client in clients for user in client.get("users", ()))
        client, user = next(pair for pair in users if pair[0]["kind"] == "user-client" and pair[1]["email"] == email)
        form = {"client_id": client["client_id"], "redirect_uri": client["redirect_uris"][0]}
        code = json.loads(self.send("POST", f"{CONTROL}/users/{user['id']}/approve", form)[1])["code"]
        body = urlencode({"grant_type": "authorization_code", "code": code, **form})
        headers = {"Content_Type": "application/x-www-form-urlencoded"}
        token: str = json.loads(self.send("POST", "/apiToken.action", body, **headers)[1])["access_token"]
        return token

    def _token(self, holder: str) -> str:
        # A token of the Customer issuer lives for five minutes.
        kind = "fhir" if holder == "northmoor" else "facade"
        path = "/auth/realms/pkb/protocol/openid-connect/token" if kind == "fhir" else "/api/oauth/token"
        form = {"grant_type": "client_credentials", "client_id": f"{holder}-{kind}"}
        body = urlencode({**form, "client_secret": f"{holder}-Secret-2026"})
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)
        connection.request("POST", path, body, {"Content-Type": "application/x-www-form-urlencoded"})
        token: str = json.loads(connection.getresponse().read())["access_token"]
        connection.close()
        return token
