"""A customer that feeds its own endpoint."""

from __future__ import annotations

from tests.conformance.clients.wire import ATTEMPTS, BUG, Caller, client_token, steps

TOKENS = "/auth/realms/pkb/protocol/openid-connect/token"


def fetch_token() -> str | None:
    token = client_token(TOKENS, "customer-system-client")
    if token is None and BUG == "calls-in-a-loop":
        for _ in range(ATTEMPTS):
            client_token(TOKENS, "customer-system-client")
    return token


def main() -> None:
    caller: Caller | None = None
    for step, run in steps():
        caller = caller or Caller(run["client"]["address"], fetch_token, {"Accept": "application/fhir+json"})
        for row in step["data"]:
            method, path = row["call"].split(" ", 1)
            if method == "GET":
                caller.pages(path)
                continue
            type_, id_ = path.strip("/").split("/")
            if BUG == "new-ids":
                method, path = "POST", f"/{type_}"
            condition = {"resourceType": type_, "subject": {"display": "Synthetic"}, "code": {"text": row["text"]}}
            resource = {**condition, **({} if BUG == "new-ids" else {"id": id_}), "note": [{"text": f"Feed {id_}"}]}
            answer = caller.call(method, path, resource)
            if answer.status == 422 and BUG == "resends-refused":
                caller.call(method, path, resource)


if __name__ == "__main__":
    main()
