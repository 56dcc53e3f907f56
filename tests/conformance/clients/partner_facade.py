"""A partner that reads on behalf of an organisation."""

from __future__ import annotations

from tests.conformance.clients.wire import ATTEMPTS, BUG, URL, Caller, client_token, steps


def main() -> None:
    caller: Caller | None = None
    for step, run in steps():
        if caller is None:
            headers = {"X-Org-Public-Id": run["organisation"]["id"], "Accept": "application/fhir+json"}
            caller = Caller(f"{URL}/fhir", lambda: client_token("/api/oauth/token", "system-client"), headers)
        read: dict[str, int] = {}
        for row in step["data"]:
            path = row["call"].removeprefix("GET ")
            answer = caller.pages(path)[0]
            total = answer.json["total"] if answer.status == 200 else 0
            if BUG == "waits-for-data" and total < read.get(path, 0):
                for _ in range(ATTEMPTS):
                    caller.pages(path)
            read[path] = total


if __name__ == "__main__":
    main()
