"""One workspace as its users see it: by its credentials, and by its name at the control API."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import httpx

from tests.support import SOAP, Ack

Json = dict[str, Any]
FORM = re.compile(r'name="csrf" value="([0-9a-f]+)"')


class World:
    """A workspace of a running server. `http` is a client of its own, since a browser's cookies are in it."""

    def __init__(self, base_url: str, name: str, **more: Any) -> None:
        self.http = httpx.Client(base_url=base_url, timeout=60)
        self.name = name
        response = self.http.post("/_sandbox/workspaces", json={"name": name, **more})
        assert response.status_code == 201, response.text
        self.credentials: list[Json] = response.json()["credentials"]

    def delete(self) -> None:
        assert self.http.delete(f"/_sandbox/workspaces/{self.name}").status_code == 204

    def control(self, method: str, path: str, body: Any = None, **parameters: str) -> Any:
        """A control call about this world, which must be accepted."""
        parameters["workspace"] = self.name
        response = self.http.request(method, f"/_sandbox{path}", json=body, params=parameters)
        assert response.status_code in (200, 201, 204), response.text
        return response.json() if response.content else None

    def credential(self, name: str) -> Json:
        """The credential whose name begins so."""
        return next(entry for entry in self.credentials if entry["name"].startswith(name))

    def organisation(self, name: str = "Northmoor") -> str:
        rows = self.control("GET", "/world")["organisations"]
        return next(str(row["id"]) for row in rows if row["name"].startswith(name))

    def post_soap(self, message: str, name: str = "Northmoor integration engine") -> httpx.Response:
        credential = self.credential(name)
        content = SOAP.format(escape(message)).encode()
        auth = (credential["username"], credential["password"])
        return self.http.post("/services/hl7", content=content, headers={"Content-Type": "text/xml"}, auth=auth)

    def send(self, message: str, name: str = "Northmoor integration engine") -> Ack:
        response = self.post_soap(message, name)
        assert response.status_code == 200, response.text
        (returned,) = ElementTree.fromstring(response.content).iter("return")
        return Ack(returned.text or "")

    def ask_for_token(self, name: str) -> httpx.Response:
        credential = self.credential(name)
        realm = credential["kind"] == "customer-system-client"
        path = "/auth/realms/pkb/protocol/openid-connect/token" if realm else "/api/oauth/token"
        auth = (credential["client_id"], credential["client_secret"])
        return self.http.post(path, data={"grant_type": "client_credentials"}, auth=auth)

    def token(self, name: str) -> str:
        """An access token of the client credentials grant."""
        response = self.ask_for_token(name)
        assert response.status_code == 200, response.text
        return str(response.json()["access_token"])

    def exchange(self, **fields: str) -> httpx.Response:
        return self.http.post("/apiToken.action", data=fields)

    def code(self, email: str, password: str, name: str = "Stepwise Diary") -> str:
        """Sign in and approve on the authorize page; return the app's tokens."""
        client = self.credential(name)
        query = {"response_type": "code", "client_id": client["client_id"], "redirect_uri": client["redirect_uris"][0]}
        page = self.http.get("/apiAuthorize.action", params=query)
        csrf = FORM.search(page.text)
        assert csrf, page.text
        form = {"csrf": csrf[1], "email": email, "password": password, "decision": "approve"}
        answer = self.http.post(str(page.url), data=form)
        assert answer.status_code == 302, answer.text
        return parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]

    def sign_in(self, email: str, password: str, name: str = "Stepwise Diary") -> Json:
        """The tokens that an app gets for the code of a person."""
        client = self.credential(name)
        response = self.exchange(
            grant_type="authorization_code",
            code=self.code(email, password, name),
            client_id=client["client_id"],
            redirect_uri=client["redirect_uris"][0],
        )
        assert response.status_code == 200, response.text
        tokens: Json = response.json()
        return tokens

    def get(self, path: str, token: str, **headers: str) -> httpx.Response:
        """A request with a token; header names are written with underscores."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.http.get(path, headers={"Authorization": f"Bearer {token}", **named})

    def exchanges(self) -> list[Json]:
        rows: list[Json] = self.control("GET", "/exchanges")["exchanges"]
        return rows
