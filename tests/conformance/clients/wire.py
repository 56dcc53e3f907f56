"""What the clients share: HTTP with retries as an integration does it, HL7 in SOAP, and the terminal of the tester.

Nothing of the sandbox is imported: a client knows the base URL, a file of credentials, and the protocols. `PKB_BUG`
switches a mistake on.
"""

from __future__ import annotations

import base64
import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from http.client import HTTPException
from typing import Any
from urllib.parse import quote, urlsplit
from xml.etree import ElementTree
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

Json = dict[str, Any]
URL = os.environ["PKB_URL"]
CREDENTIALS: list[Json] = json.loads(os.environ["PKB_CREDENTIALS"])["credentials"]
TERMINAL = os.environ["PKB_TERMINAL"]
"""The address of the run, which a tester would read in the terminal: only for what to send next."""
BUG = os.environ.get("PKB_BUG", "")
HOSPITAL = ZoneInfo("Europe/London")
ATTEMPTS = 5
PAUSE = 0.05
"""Seconds between looks at the terminal, and before a request without an answer is sent again."""
PERSONAL = ("nhs_number", "status", "family_name", "given_name", "date_of_birth", "gender", "postcode")
"""What a row may say of a person, in place of what the terminal says of the patient of the run."""
ENVELOPE = (
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
    ' xmlns:wss="http://wsssl.hl7api.patientsknowbest.com/"><soapenv:Body>'
    "<wss:acceptMessage><arg0>{}</arg0></wss:acceptMessage></soapenv:Body></soapenv:Envelope>"
)


@dataclass(frozen=True)
class Answer:
    """An answer over HTTP; a status of 0 says that there was none."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Unfollowed(urllib.request.HTTPRedirectHandler):
    """Redirects go to the caller."""

    def redirect_request(self, *_: Any) -> None:
        return None


def request(method: str, url: str, headers: dict[str, str] | None = None, content: bytes | None = None) -> Answer:
    """One request, without any retry."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), Unfollowed())
    try:
        with opener.open(urllib.request.Request(url, content, headers or {}, method=method), timeout=10) as response:
            return Answer(response.status, _lower(response.headers), response.read())
    except urllib.error.HTTPError as error:
        return Answer(error.code, _lower(error.headers), error.read())
    except (OSError, HTTPException):
        return Answer(0, {}, b"")


def _lower(headers: Any) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def patiently(attempt: Callable[[], Answer], *, repeats: bool = True) -> Answer:
    """Try again without an answer, and after 429 and 503 as long as the server asks for."""
    answer = attempt()
    for _ in range(ATTEMPTS):
        if answer.status in (429, 503):
            time.sleep(0 if BUG == "ignores-retry-after" else float(answer.headers.get("retry-after", PAUSE)))
        elif not answer.status and repeats and BUG != "gives-up":
            time.sleep(PAUSE)
        else:
            break
        answer = attempt()
    return answer


def credential(kind: str) -> Json:
    return next(row for row in CREDENTIALS if row["kind"] == kind)


def steps() -> Iterator[tuple[Json, Json]]:
    """Each new step and the run that it belongs to, until the run is over."""
    number = 0
    while True:
        answer = request("GET", TERMINAL)
        if answer.status == 404:  # the tester has not begun
            time.sleep(PAUSE)
            continue
        run = answer.json
        step = run["step"]
        if run["state"] != "running":
            return
        if step is not None and step["number"] != number:
            number = step["number"]
            yield step, run
        time.sleep(PAUSE)


class Hl7Sender:
    """Sends messages in order, keeps what is refused, and repeats only what got no acknowledgement."""

    def __init__(self) -> None:
        row = credential("hl7-org")
        token = base64.b64encode(f"{row['username']}:{row['password']}".encode()).decode()
        self._headers = {"Authorization": f"Basic {token}", "Content-Type": "text/xml;charset=utf-8"}
        self._control_ids = 0
        self.refused: list[str] = []

    def send(self, build: Callable[[str], str]) -> str:
        """Send the message that a function builds for a control id, and return the acknowledgement code."""
        message = build(self._next())

        def attempt() -> Answer:
            nonlocal message
            answer = self._post(message)
            if BUG == "new-control-id":
                message = build(self._next())
            return answer

        code = _ack(patiently(attempt))
        if code != "AA" and BUG == "resends-refused":
            code = _ack(self._post(message))
        if code == "AA" and BUG == "sends-twice":
            self._post(message)
        if code != "AA":
            self.refused.append(message)
        return code

    def _post(self, message: str) -> Answer:
        return request("POST", f"{URL}/services/hl7", self._headers, ENVELOPE.format(escape(message)).encode())

    def _next(self) -> str:
        self._control_ids += 1
        return f"{os.getpid()}-{self._control_ids}"


def _ack(answer: Answer) -> str:
    if answer.status != 200:
        return ""
    text = next((element.text or "" for element in ElementTree.fromstring(answer.body).iter("return")), "")
    return next((line.split("|")[1] for line in text.split("\r") if line.startswith("MSA|")), "")


def message(type_: str, control_id: str, person: Json, *segments: str) -> str:
    """A message about a person."""
    # Without an offset here, local times in other fields are of the receiver's zone too.
    at = datetime.now(HOSPITAL).strftime("%Y%m%d%H%M%S")
    number = f"{person['nhs_number']}^^^NHS^NH{{status:{person.get('status', '01')}}}"
    name = f"{person['family_name']}^{person['given_name']}"
    born = person["date_of_birth"].replace("-", "")
    address = f"1 Mill Yard^^Leeds^^{person['postcode']}^GBR" if "postcode" in person else ""
    return "\r".join(
        [
            f"MSH|^~\\&|PAS|HOSPITAL|HL7API|PKB|{at}||{type_}|{control_id}|P|2.4",
            f"PID|||{number}||{name}||{born}|{person.get('gender', '')}|||{address}",
            *segments,
            "",
        ]
    )


def local(text: str) -> str:
    """A local time as a sender in the United Kingdom writes it, without an offset: the receiver knows the zone."""
    digits = "".join(character for character in text if character.isdigit())
    return f"{digits}+0000" if BUG == "local-as-utc" else digits


def deliver(build: Callable[[Json, Json, str], str]) -> None:
    """Send every row that the terminal lists, as the message that a function makes of row, person and control id."""
    sender = Hl7Sender()
    for step, run in steps():
        for row in step["data"]:
            if f"forgets-{row['message']}" == BUG:
                continue
            person = {**run["patient"], **{key: row[key] for key in PERSONAL if key in row}}
            sender.send(partial(build, row, person))


class Caller:
    """Calls an API with a token: gets a new one after 401, and stops where it is not allowed."""

    def __init__(self, base: str, fetch_token: Callable[[], str | None], headers: dict[str, str] | None = None) -> None:
        self._base = base
        self._fetch_token = fetch_token
        self._headers = headers or {}
        self._token: str | None = None

    def call(self, method: str, path: str, body: Json | None = None, *, repeats: bool = True) -> Answer:
        """The answer to one call, after whatever repetitions the server asks for; without an answer it is repeated
        only if that does no harm.
        """
        answer = patiently(lambda: self._once(method, path, body), repeats=repeats)
        if answer.status == 401:
            if BUG == "keeps-token":
                for _ in range(ATTEMPTS):
                    self._once(method, path, body)
                return answer
            self._token = None
            answer = patiently(lambda: self._once(method, path, body))
        if answer.status in (401, 403) and BUG == "calls-in-a-loop":
            for _ in range(ATTEMPTS):
                self._once(method, path, body)
        return answer

    def _once(self, method: str, path: str, body: Json | None) -> Answer:
        if self._token is None:
            self._token = self._fetch_token()
        if self._token is None:
            return Answer(403, {}, b"")
        headers = {**self._headers, "Authorization": f"Bearer {self._token}"}
        if body is None:
            return request(method, self._base + quote(path, safe="/?&=:,|$%"), headers)
        media_type = "application/fhir+json" if "resourceType" in body else "application/json"
        content = json.dumps(body).encode()
        return request(method, self._base + path, {**headers, "Content-Type": media_type}, content)

    def pages(self, path: str) -> list[Answer]:
        """The pages of a search, from the first to the last."""
        answers = [self.call("GET", path)]
        while answers[-1].status == 200 and BUG != "first-page-only":
            links = {link["relation"]: link["url"] for link in answers[-1].json.get("link", [])}
            if "next" not in links:
                break
            parts = urlsplit(links["next"])
            mount = urlsplit(self._base).path
            answers.append(self.call("GET", parts.path.removeprefix(mount) + f"?{parts.query}"))
        return answers


def client_token(path: str, kind: str) -> str | None:
    """A token of a client with a secret; None if it is refused."""
    row = credential(kind)
    secret = base64.b64encode(f"{row['client_id']}:{row['client_secret']}".encode()).decode()
    headers = {"Authorization": f"Basic {secret}", "Content-Type": "application/x-www-form-urlencoded"}
    answer = patiently(lambda: request("POST", URL + path, headers, b"grant_type=client_credentials"))
    return answer.json["access_token"] if answer.status == 200 else None
