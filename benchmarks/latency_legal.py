"""The legal requests of `benchmarks.latency`: each prepares what it needs, and returns the request to measure."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

from benchmarks.latency_client import AGGREGATED, CONTROL, FACADE, ROOT, Client

Json = dict[str, Any]
Prepare = Callable[[Client], Callable[[], str]]
SIZE = 20 * 1024 * 1024
"""Bytes that a body may have."""
HEADER = "MSH|^~\\&|PAS|NORTHMOOR|HL7API|PKB|20260310101500||{}|latency-{}|P|2.4"
PID = "PID|||9991001379^^^NHS^NH||Adeyemi^Tola||19880214"


def patient(number: int) -> Json:
    return {
        "resourceType": "Patient",
        "id": f"p{number}",
        "identifier": [{"system": "https://fhir.nhs.uk/Id/nhs-number", "value": f"999{number:07}"}],
        "name": [{"family": f"Family{number}", "given": ["Synthetic", "Person"]}],
        "gender": "female",
        "birthDate": "1970-01-02",
    }


def observation(number: int) -> Json:
    coding = {"system": "http://loinc.org", "code": f"{number % 97}-1"}
    subject = {"reference": f"Patient/p{number % 200}"}
    return {
        "resourceType": "Observation",
        "id": f"o{number}",
        "status": "final",
        "code": {"coding": [coding]},
        "subject": subject,
        "effectiveDateTime": "2026-01-02",
        "valueQuantity": {"value": number % 50, "unit": "kg"},
    }


def _stock(client: Client) -> None:
    client.put_all([*map(patient, range(200)), *map(observation, range(2000))])


def _transaction(client: Client) -> Callable[[], str]:
    entries = [{"request": {"method": "POST", "url": "Observation"}, "resource": observation(n)} for n in range(5000)]
    body = json.dumps({"resourceType": "Bundle", "type": "transaction", "entry": entries}).encode()
    return lambda: client.ask("POST", ROOT, body)


def _batch(client: Client) -> Callable[[], str]:
    entries = [{"request": {"method": "PUT", "url": f"Patient/p{n}"}, "resource": patient(n)} for n in range(5000)]
    body = json.dumps({"resourceType": "Bundle", "type": "batch", "entry": entries}).encode()
    return lambda: client.ask("POST", ROOT, body)


def _one_text(client: Client) -> Callable[[], str]:
    body = json.dumps({"resourceType": "Binary", "contentType": "text/plain", "data": "A" * (SIZE - 200)}).encode()
    return lambda: client.ask("POST", f"{ROOT}/Binary", body)


def _many_small_parts(client: Client) -> Callable[[], str]:
    names: Iterator[Json] = ({"family": f"F{n}", "given": ["A", "B"]} for n in range(90_000))
    contacts = [{"name": name} for name in names]
    body = json.dumps({"resourceType": "Patient", "contact": contacts}).encode()
    return lambda: client.ask("POST", f"{ROOT}/Patient", body)


def _observation_of_components(client: Client) -> Callable[[], str]:
    component = [{"code": {"text": f"c{n}"}, "valueString": "x" * 50} for n in range(95_000)]
    body = json.dumps({**observation(1), "component": component}).encode()
    return lambda: client.ask("PUT", f"{ROOT}/Observation/o1", body)


def _xml(client: Client) -> Callable[[], str]:
    name = '<name><family value="Family"/><given value="A"/></name>'
    body = f'<Patient xmlns="http://hl7.org/fhir">{name * 90_000}</Patient>'.encode()
    return lambda: client.ask("POST", f"{ROOT}/Patient", body, Content_Type=XML)


def _xml_page(client: Client) -> Callable[[], str]:
    _stock(client)
    return lambda: client.ask("GET", f"{ROOT}/Observation?_count=1000", Accept=XML)


def _json_page(client: Client) -> Callable[[], str]:
    _stock(client)
    return lambda: client.ask("GET", f"{ROOT}/Observation?_count=1000&_elements=code&_sort=-date,code")


def _names(client: Client) -> Callable[[], str]:
    names = [{"family": f"Family{number}", "given": [f"Given{number}"]} for number in range(80_000)]
    body = json.dumps({"resourceType": "Patient", "id": "many", "name": names}).encode()
    return lambda: client.ask("PUT", f"{ROOT}/Patient/many", body)


def _letter(client: Client) -> Callable[[], str]:
    pdf = base64.b64encode(b"%PDF-1.4\n" + bytes(11 * 1024 * 1024)).decode()
    message = "\r".join(
        (
            HEADER.format("MDM^T02", "d"),
            PID,
            "TXA||CL||202603071000|^Lindqvist^Maja^^^Dr|||||||LATENCY-1||||letter.pdf|AU",
            f"OBX|1|ED|CL^Clinic letter||^TEXT^PDF^Base64^{pdf}||||||||3",
        )
    )
    return lambda: client.send_message(message)


def _message_of_results(name: str, count: int) -> str:
    values = [f"OBX|{n}|NM|X{n}^Test||{n}|mmol/L|1-9|N|||F|||202603101000" for n in range(1, count)]
    order = f"OBR|1||{name}|FBC^Blood|||202603101000|||||||202603101000||||||||||HM|F"
    return "\r".join((HEADER.format("ORU^R01", name), PID, order, *values))


def _results(client: Client) -> Callable[[], str]:
    message = _message_of_results("r", 3000)
    return lambda: client.send_message(message)


def _lint(client: Client) -> Callable[[], str]:
    message = _message_of_results("l", 5000)
    return lambda: client.ask("POST", f"{CONTROL}/hl7/lint", {"text": message})


def _generate(client: Client) -> Callable[[], str]:
    def act() -> str:
        body = {"patients": 1000, "seed": 7}
        return "/".join({client.ask("POST", f"{CONTROL}/generate", body) for _ in range(10)})

    return act


def _checkpoint(client: Client) -> Callable[[], str]:
    client.ask("POST", f"{CONTROL}/checkpoints", {"name": "big"})
    client.ask("POST", f"{CONTROL}/generate", {"patients": 200, "seed": 8})
    return lambda: client.ask("GET", f"{CONTROL}/checkpoints/big/diff")


def _restore(client: Client) -> Callable[[], str]:
    client.ask("POST", f"{CONTROL}/checkpoints", {"name": "big"})
    return lambda: client.ask("POST", f"{CONTROL}/checkpoints/big/restore", {})


def _reset(client: Client) -> Callable[[], str]:
    return lambda: client.ask("POST", f"{CONTROL}/reset", {"reset": ["store"]})


def _tokens(client: Client) -> Callable[[], str]:
    _stock(client)
    values = ",".join(f"http://loinc.org|{number}-1" for number in range(1000))
    return lambda: client.ask("POST", f"{ROOT}/Observation/_search", f"code={quote(values)}", **FORM)


FORM = {"Content_Type": "application/x-www-form-urlencoded"}
XML = "application/fhir+xml"


def _includes(client: Client) -> Callable[[], str]:
    _stock(client)
    url = "Patient?_count=1000&_revinclude=*&_include=*"
    entries = [{"request": {"method": "GET", "url": url}} for _ in range(20)]
    return lambda: client.ask("POST", ROOT, {"resourceType": "Bundle", "type": "batch", "entry": entries})


def _journal(path: str, method: str = "GET", body: Any = None, **headers: str) -> Prepare:
    def prepare(client: Client) -> Callable[[], str]:
        for number in range(2000):
            client.ask("GET", f"{ROOT}/Patient/none{number}")
        return lambda: client.ask(method, CONTROL + path, body, **headers)

    return prepare


def _page(path: str) -> Prepare:
    def prepare(client: Client) -> Callable[[], str]:
        return lambda: client.ask("GET", f"{CONTROL}/console{path}")

    return prepare


def _control(path: str) -> Prepare:
    return lambda client: lambda: client.ask("GET", CONTROL + path)


def _purview(client: Client) -> Callable[[], str]:
    token = client.user_token("owen.bright@northmoor.example")
    return lambda: client.ask("GET", f"{FACADE}/Consent/$purview", Authorization=f"Bearer {token}")


def _first_xml(client: Client) -> Callable[[], str]:
    body = b'<CarePlan xmlns="http://hl7.org/fhir"/>'
    return lambda: client.ask("POST", f"{ROOT}/CarePlan", body, Content_Type=XML, Accept=XML)


def _first_patch(client: Client) -> Callable[[], str]:
    headers = {"Content_Type": "application/merge-patch+json"}
    return lambda: client.ask("PATCH", f"{ROOT}/Goal/none", {"lifecycleStatus": "active"}, **headers)


def _partly(client: Client) -> Callable[[], str]:
    _many_small_parts(client)()
    page = json.loads(client.send("GET", f"{ROOT}/Patient?_sort=-_lastUpdated&_count=1&_elements=id")[1])
    id_ = page["entry"][0]["resource"]["id"]
    return lambda: client.ask("GET", f"{ROOT}/Patient/{id_}?_elements=gender,contact")


def _aggregated(path: str, **headers: str) -> Prepare:
    return lambda client: lambda: client.ask("GET", AGGREGATED + path, **headers)


LEGAL: dict[str, Prepare] = {
    "first XML of a type": _first_xml,
    "first patch of a type": _first_patch,
    "transaction of 5,000 entries": _transaction,
    "batch of 5,000 entries": _batch,
    "20 MB: one text": _one_text,
    "20 MB: 90,000 contacts": _many_small_parts,
    "13 MB: 95,000 components": _observation_of_components,
    "5 MB of XML: 90,000 names": _xml,
    "80,000 names": _names,
    "page of 1,000 as XML": _xml_page,
    "elements of 20 MB": _partly,
    "page of 1,000 sorted, with _elements": _json_page,
    "HL7 letter with a PDF of 15 MB": _letter,
    "HL7 results: 3,000 OBX": _results,
    "lint of 5,000 OBX": _lint,
    "list of 1,000 tokens": _tokens,
    "batch of 20 searches with every include": _includes,
    "generate 1,000 people, ten times": _generate,
    "console: patients": _page("/patients?q=999"),
    "console: patients, first page": _page("/patients"),
    "console: a checkpoint's page": _page("/bench/checkpoints"),
    "$purview": _purview,
    "Aggregated: first search": _aggregated("/Patient?identifier=9990000018"),
    "Aggregated: all Conditions": _aggregated("/Condition?_count=1000"),
    "Aggregated: all Conditions as XML": _aggregated("/Condition?_count=1000", Accept=XML),
    "checkpoint diff": _checkpoint,
    "restore": _restore,
    "journal": _journal("/exchanges?limit=100000"),
    "journal as HAR": _journal("/exchanges.har"),
    "journal as HL7": _journal("/exchanges.hl7"),
    "report": _journal("/report"),
    "report as HTML": _journal("/report", Accept="text/html"),
    "verify": _journal("/verify", "POST", {}),
    "metrics": _journal("/metrics"),
    "console: traffic": _page("/traffic?text=none1"),
    "world": _control("/world"),
    "facts": _control("/facts"),
    "reset": _reset,
}
"""What is sent → how to prepare it."""
