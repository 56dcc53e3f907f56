"""An app with which a patient sends measurements; the patient is there, and signs in when the app asks."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.conformance.clients.wire import BUG, URL, Answer, Caller, Json, credential, request, steps

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class App:
    """The app on a patient's telephone: it keeps the refresh token."""

    def __init__(self, patient: str) -> None:
        self._client = credential("user-client")
        self._user = next(user for user in self._client["users"] if user["id"] == patient)
        self._refresh_token = ""

    def fetch_token(self) -> str | None:
        """A token by the refresh token, else after a sign-in."""
        if self._refresh_token:
            answer = self._exchange(grant_type="refresh_token", refresh_token=self._refresh_token)
            if answer.status == 200 or BUG == "never-signs-in":
                return self._token_of(answer)
        redirect = self._client["redirect_uris"][0]
        code = self._sign_in(redirect)
        return self._token_of(self._exchange(grant_type="authorization_code", code=code, redirect_uri=redirect))

    def _token_of(self, answer: Answer) -> str | None:
        if answer.status != 200:
            return None
        self._refresh_token = answer.json["refresh_token"]
        token: str = answer.json["access_token"]
        return token

    def _exchange(self, **form: str) -> Answer:
        content = urlencode({"client_id": self._client["client_id"], **form}).encode()
        return request("POST", f"{URL}/apiToken.action", FORM, content)

    def _sign_in(self, redirect: str) -> str:
        """The code of the redirect, after the patient has filled in PKB's page."""
        query = {"response_type": "code", "client_id": self._client["client_id"], "redirect_uri": redirect}
        address = f"{URL}/apiAuthorize.action?{urlencode({**query, 'scope': 'PATIENT', 'state': 'x'})}"
        page = request("GET", address)
        (csrf,) = re.findall(r'name="csrf" value="([0-9a-f]+)"', page.body.decode())
        person = {"email": self._user["email"], "password": self._user["password"]}
        content = urlencode({"csrf": csrf, **person, "decision": "approve"}).encode()
        cookie = page.headers.get("set-cookie", "").partition(";")[0]
        answer = request("POST", address, {**FORM, "Cookie": cookie}, content)
        return parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]


def send(caller: Caller, row: Json) -> None:
    """Send a measurement; without an answer look whether it is there before it is sent again."""
    body = {"apiRef": row["type"], "value": row["value"], "takenDate": row["taken"]}
    answer = caller.call("POST", "/v1/measurements", body, repeats=BUG == "posts-again")
    if answer.status == 400 and BUG == "resends-refused":
        caller.call("POST", "/v1/measurements", body)
    if answer.status or BUG == "gives-up":
        return
    start = row["taken"].removesuffix("Z")
    stored = caller.call("GET", "/v2-beta/measurements").json
    if not any(measurement["takenDate"].startswith(start) for measurement in stored):
        caller.call("POST", "/v1/measurements", body, repeats=False)


def main() -> None:
    caller: Caller | None = None
    for step, run in steps():
        caller = caller or Caller(run["client"]["address"], App(run["patient"]["id"]).fetch_token)
        for row in step["data"]:
            send(caller, row)


if __name__ == "__main__":
    main()
