"""A partner that sends questionnaires and reads the answers."""

from __future__ import annotations

from tests.conformance.clients.wire import BUG, URL, Caller, Json, client_token, steps


def parameters(row: Json) -> Json:
    """The body of a request to one patient."""
    identifier = {"system": "https://partner.example/requests", "value": row["identifier"]}
    parts = [
        {"name": "requestor", "valueReference": {"reference": row["requestor"]}},
        {"name": "target", "valueReference": {"reference": row["target"]}},
        {"name": "additionalIdentifier", "valueIdentifier": identifier},
    ]
    return {"resourceType": "Parameters", "parameter": parts}


def main() -> None:
    caller: Caller | None = None
    for step, run in steps():
        if caller is None:
            headers = {"X-Org-Public-Id": run["organisation"]["id"], "Accept": "application/fhir+json"}
            caller = Caller(f"{URL}/fhir", lambda: client_token("/api/oauth/token", "system-client"), headers)
        for row in step["data"]:
            method, path = row["call"].split(" ", 1)
            if method == "GET":
                caller.pages(path)
                continue
            body = parameters(row)
            answer = caller.call(method, path, body)
            if answer.status == 400 and BUG == "resends-refused":
                caller.call(method, path, body)


if __name__ == "__main__":
    main()
