"""The hostile requests of `benchmarks.latency`, each within the limit of a body."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from benchmarks.latency_client import AGGREGATED, CONTROL, FACADE, HL7, ROOT, Client
from benchmarks.latency_legal import FORM, HEADER, PID, XML, Prepare, _stock, patient

BLANKS = " " * 60_000
LONG = 1_000_000


def _request(method: str, path: str, body: Any = None, **headers: str) -> Prepare:
    return lambda client: lambda: client.ask(method, path, body, **headers)


def _resource(text: str, type_: str = "Patient") -> Prepare:
    return _request("POST", f"{ROOT}/{type_}", text.encode())


def _message(*segments: str) -> Prepare:
    message = "\r".join(segments)
    return lambda client: lambda: client.send_message(message)


def _copies(client: Client) -> Callable[[], str]:
    client.put_all([{**patient(1), "id": "copied"}])
    operations = [{"op": "add", "path": "/extension", "value": [{"url": "urn:x", "extension": [{"url": "urn:y"}]}]}]
    operations += [{"op": "copy", "from": "/extension", "path": "/extension/0/extension/-"} for _ in range(40)]
    return lambda: client.ask("PATCH", f"{ROOT}/Patient/copied", operations, Content_Type="application/json-patch+json")


def _operations(client: Client) -> Callable[[], str]:
    client.put_all([{**patient(1), "id": "patched"}])
    operations = [{"op": "add", "path": "/name/0", "value": {"family": "x"}} for _ in range(100_000)]
    return lambda: client.ask(
        "PATCH", f"{ROOT}/Patient/patched", operations, Content_Type="application/json-patch+json"
    )


def _lists(root: str) -> Prepare:
    def prepare(client: Client) -> Callable[[], str]:
        _stock(client)
        values = quote(",".join(f"s{number}|{number}-1" for number in range(1000)))
        return lambda: client.ask("POST", f"{root}/Observation/_search", "&".join([f"code={values}"] * 99), **FORM)

    return prepare


def _missing_lists(client: Client) -> Callable[[], str]:
    _stock(client)
    values = quote(",".join(f"x{number}" for number in range(1000)))
    return lambda: client.ask("POST", f"{ROOT}/Observation/_search", "&".join([f"code:not={values}"] * 99), **FORM)


def _searches(client: Client) -> Callable[[], str]:
    _stock(client)
    values = quote(",".join(f"x{number}" for number in range(1000)))
    url = f"Observation?code:not={values}&_count=1000&_include=*&_revinclude=*"
    entries = [{"request": {"method": "GET", "url": url}} for _ in range(1000)]
    return lambda: client.ask("POST", ROOT, {"resourceType": "Bundle", "type": "batch", "entry": entries})


def _conditions(client: Client) -> Callable[[], str]:
    _stock(client)
    values = quote(",".join(f"x{number}" for number in range(200)))
    url = f"Observation?code:not={values}&subject:missing=true"
    entry = {"request": {"method": "DELETE", "url": url}}
    return lambda: client.ask("POST", ROOT, {"resourceType": "Bundle", "type": "transaction", "entry": [entry] * 500})


NESTED = '{"resourceType":"Patient","extension":' + '[{"url":"urn:x","extension":' * 200_000
KEYS = ",".join(f'"k{number}":1' for number in range(99_000))
ATTRIBUTES = " ".join(f'a{number}="x"' for number in range(200_000))
NAMESPACES = " ".join(f'xmlns:n{number}="urn:{number}"' for number in range(100_000))

HOSTILE: dict[str, Prepare] = {
    "base64 with blanks": _resource(json.dumps({"resourceType": "Binary", "data": BLANKS + "!"}), "Binary"),
    "entity tag with blanks": _request("GET", f"{ROOT}/Patient/p1", If_None_Match='"1"' + " " * 30_000 + "x y"),
    "Prefer with blanks": _request("GET", f"{ROOT}/Patient/p1", Prefer="a" + " " * 30_000 + "b"),
    "Forwarded with blanks": _request("GET", "/", Forwarded=" " * 30_000 + ";"),
    "JSON Patch that doubles by copy": _copies,
    "JSON Patch of 100,000 operations": _operations,
    "SOAP as punycode": _request("POST", HL7, b"a" * 300_000, Content_Type="text/xml;charset=punycode"),
    "SOAP as idna": _request("POST", HL7, b"a." * 300_000, Content_Type="text/xml;charset=idna"),
    "SOAP as uu": _request("POST", HL7, b"a" * 300_000, Content_Type="text/xml;charset=uu"),
    "SOAP as unicode_escape": _request("POST", HL7, b"\\N{a" * 99_000, Content_Type="text/xml;charset=unicode_escape"),
    "form as punycode": _request(
        "POST", f"{ROOT}/Patient/_search", b"a" * 300_000, Content_Type="text/x;charset=punycode"
    ),
    "99 lists of 1,000 tokens, Customer": _lists(ROOT),
    "99 lists of 1,000 tokens, Facade": _lists(FACADE),
    "99 lists of 1,000 tokens, Aggregated": _lists(AGGREGATED),
    "99 lists of :not": _missing_lists,
    "batch of 1,000 costly searches": _searches,
    "transaction of 500 costly conditions": _conditions,
    "JSON of 200,000 levels": _resource(NESTED),
    "XML of 200,000 levels": _request("POST", f"{ROOT}/Patient", b"<a>" * 200_000, Content_Type=XML),
    "XML with 200,000 attributes": _request(
        "POST", f"{ROOT}/Patient", f'<Patient xmlns="http://hl7.org/fhir" {ATTRIBUTES}/>'.encode(), Content_Type=XML
    ),
    "XML with 100,000 namespaces": _request(
        "POST", f"{ROOT}/Patient", f'<Patient xmlns="http://hl7.org/fhir" {NAMESPACES}/>'.encode(), Content_Type=XML
    ),
    "an integer of 1,000,000 digits": _resource(
        f'{{"resourceType":"Observation","valueInteger":{"9" * LONG}}}', "Observation"
    ),
    "a decimal with a huge exponent": _resource(
        '{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":1e999999999}}',
        "Observation",
    ),
    "a decimal of 1,000,000 digits": _resource(
        f'{{"resourceType":"Observation","status":"final","code":{{"text":"x"}},"valueInteger":0.{"9" * LONG}}}',
        "Observation",
    ),
    "a key twice among 99,000": _resource(f'{{{KEYS},"k98999":1}}'),
    "99,000 unknown keys": _resource(f'{{"resourceType":"Patient",{KEYS}}}'),
    "query of 60,000 parameters": _request("GET", f"{ROOT}/Patient?{'a&' * 25_000}"),
    "form of 5,000,000 parameters": _request("POST", f"{ROOT}/Patient/_search", "a=b&" * 5_000_000, **FORM),
    "token request of 5,000,000 parameters": _request("POST", "/api/oauth/token", "a=b&" * 5_000_000, **FORM),
    "a search value of 10 MB": _request("POST", f"{ROOT}/Patient/_search", "name=" + "a%20" * 2_500_000, **FORM),
    "a family name of 2,000,000 words": _resource(
        json.dumps({"resourceType": "Patient", "name": [{"family": "a " * 2_000_000}]})
    ),
    "a date of 1,000,000 digits": _request("GET", f"{ROOT}/Patient?birthdate={'9' * 50_000}"),
    "a number of 60,000 digits": _request("GET", f"{ROOT}/Observation?value-quantity={'9' * 50_000}"),
    "HL7 of 200,000 segments": _message(HEADER.format("ADT^A28", "s"), PID, *["NTE|1"] * 200_000),
    "HL7 of 90,000 segments": _message(HEADER.format("ORU^R01", "t"), PID, "OBR|1", *["OBX"] * 90_000),
    "HL7 with 1,000,000 separators": _message(HEADER.format("ADT^A28", "u"), PID + "|" * 1_000_000),
    "HL7 with 90,000 repetitions": _message(HEADER.format("ADT^A28", "v"), "PID|||" + "1^^^NHS~" * 22_000),
    "HL7 with 5,000,000 escapes": _message(HEADER.format("ADT^A28", "w"), PID + "|" + "\\E\\" * 5_000_000),
    "HL7 of one 19 MB field": _message(HEADER.format("ADT^A28", "x"), PID + "|" + "x" * 19_000_000),
    "lint of 99,000 separators": _request(
        "POST", f"{CONTROL}/hl7/lint", {"text": HEADER.format("ORU^R01", "y") + "\r" + "OBX|^~&" * 24_000}
    ),
    "gzip of 19 MB of blanks": _request(
        "POST", f"{ROOT}/Patient", gzip.compress(b" " * 19_000_000), Content_Encoding="gzip"
    ),
    "gzip of 1 GB": _request("POST", f"{ROOT}/Patient", gzip.compress(bytes(2**28), 1) * 2, Content_Encoding="gzip"),
    "1,000 header lines": _request("GET", f"{ROOT}/Patient/p1", **{f"X_{number}": "y" for number in range(90)}),
    "narrative of 5,000,000 brackets": _resource(
        json.dumps({"resourceType": "Patient", "text": {"status": "generated", "div": "<" * 5_000_000}})
    ),
    "Accept of 30,000 types": _request("GET", f"{ROOT}/Patient/p1", Accept="a/b;q=0.5," * 3000),
}
"""What is sent → how to prepare it."""
