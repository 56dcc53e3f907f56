"""The requests of a soak, of every protocol, and what is expected of their answers."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from itertools import count

from benchmarks.latency_client import ENVELOPE
from benchmarks.soak.wire import Wire
from benchmarks.soak.worlds import FORM, REALM, TOKENS, SoakWorld, _grant

CUSTOMER, AGGREGATED, FHIR = "/customer/northmoor-r4/fhir", "/aggregated/fhir", "application/fhir+json"
LABORATORY = "http://fhir.patientsknowbest.com/codesystem/observation-category%7CLABORATORY"
NUMBERS = count(1)
PEOPLE = 50
"""Patients of one world that messages and resources are about."""

Ask = Callable[[Wire, SoakWorld], Awaitable[str]]
"""Sends one request; returns what is wrong with its answer, or nothing."""


def _http(method: str, path: str, caller: str, make: Callable[[SoakWorld], tuple[bytes, str]] | None = None) -> Ask:
    """A request; `$PATIENT` in a path is a patient of the world, `$N` a number."""

    async def ask(wire: Wire, world: SoakWorld) -> str:
        body, kind = make(world) if make else (b"", "")
        filled = path.replace("$PATIENT", world.patient).replace("$N", str(next(NUMBERS) % PEOPLE))
        filled = filled.replace("$WORLD", world.name)
        headers = {**world.headers[caller], **({"Content-Type": kind} if kind else {})}
        status, answer = await wire.ask(method, filled, body, headers)
        is_good = status < 300 and (caller != "hl7" or b"MSA|AA|" in answer)
        text = answer[answer.find(b"MSA|") if caller == "hl7" else 0 :][:200]
        return "" if is_good else f"{method} {path}: {status} {text!r}"

    return ask


def _header(type_: str, security: str = "") -> str:
    return f"MSH|^~\\&|PAS|NORTHMOOR|HL7API|PKB|20260310101500|{security}|{type_}|s{next(NUMBERS)}|P|2.4"


def _person(number: int) -> str:
    return f"PID|||S{number:06}^^^NORTHMOOR^MR||Khatun^Rina^Lee^^Mrs||19910623|F|||2 Mill Yard^^Leeds^^LS0 0ZZ"


def _a28(security: str = "", number: int | None = None) -> str:
    return f"{_header('ADT^A28', security)}\r{_person(next(NUMBERS) % PEOPLE if number is None else number)}"


def _oru() -> str:
    results = (f"OBX|{n}|NM|T{n}^Test {n}^L9||{n}.5|g/L|1-9|N|||F" for n in range(1, 6))
    order = f"OBR|1||L{next(NUMBERS)}|FBC^Full blood count^L9|||202503031120"
    return "\r".join((_header("ORU^R01"), _person(0), order, *results))


def _envelope(message: Callable[[], str]) -> Callable[[SoakWorld], tuple[bytes, str]]:
    return lambda world: (ENVELOPE.format(message()).encode(), "text/xml;charset=utf-8")


def _patient(world: SoakWorld) -> tuple[bytes, str]:
    return json.dumps(
        {"resourceType": "Patient", "active": True, "name": [{"family": f"F{next(NUMBERS)}"}]}
    ).encode(), FHIR


def _bundle(world: SoakWorld) -> tuple[bytes, str]:
    numbers = [next(NUMBERS) % PEOPLE for _ in range(5)]
    entries = [
        {
            "request": {"method": "PUT", "url": f"Patient/b{number}"},
            "resource": {"resourceType": "Patient", "id": f"b{number}", "name": [{"family": f"F{number}"}]},
        }
        for number in dict.fromkeys(numbers)
    ]
    return json.dumps({"resourceType": "Bundle", "type": "transaction", "entry": entries}).encode(), FHIR


def _token_of(kind: str) -> Callable[[SoakWorld], tuple[bytes, str]]:
    def form(world: SoakWorld) -> tuple[bytes, str]:
        return "&".join(f"{name}={value}" for name, value in _grant(world.credential(kind)).items()).encode(), FORM

    return form


async def mllp(wire: Wire, world: SoakWorld) -> str:
    """A message by MLLP; its MSH-8 chooses the world."""
    answer = await wire.send(_a28(world.hl7))
    return "" if "MSA|AA|" in answer else f"MLLP: {answer[:200]!r}"


prepare = _http("POST", "/services/hl7", "hl7", _envelope(lambda: _a28(number=0)))
"""Registers the patient that results are about."""
WITHOUT_CREDENTIAL = ("/services/hl7?wsdl", "/fhir/metadata", "/phr-fhir/metadata")
"""Recorded in the default world, which is never deleted."""
REQUESTS: tuple[Ask, ...] = (
    _http("POST", "/services/hl7", "hl7", _envelope(_a28)),
    _http("POST", "/services/hl7", "hl7", _envelope(_oru)),
    *(_http("GET", path, "") for path in WITHOUT_CREDENTIAL),
    _http("GET", "/json/users/self", "user"),
    _http("GET", "/json/users/self", "user"),
    _http("POST", TOKENS, "", _token_of("system-client")),
    _http("POST", REALM, "", _token_of("customer-system-client")),
    _http("GET", "/fhir/Patient/$PATIENT", "partner"),
    _http("GET", f"/fhir/Observation?patient=$PATIENT&category={LABORATORY}&_count=5", "partner"),
    _http("POST", f"{CUSTOMER}/Patient", "customer", _patient),
    _http("POST", CUSTOMER, "customer", _bundle),
    _http("GET", f"{CUSTOMER}/Patient?name=F$N", "customer"),
    _http("GET", f"{CUSTOMER}/Patient?_count=10", "customer"),
    _http("GET", f"{AGGREGATED}/Patient?_count=10", "customer"),
    _http("GET", "/_sandbox/exchanges?workspace=$WORLD&limit=5", ""),
    _http("GET", "/_sandbox/outbox?workspace=$WORLD", ""),
    _http("GET", "/_sandbox/health/live", ""),
)
"""Each is sent as often as the others."""
