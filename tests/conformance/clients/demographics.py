"""A patient administration system that sends its people."""

from __future__ import annotations

from tests.conformance.clients.wire import BUG, Json, deliver, message


def build(row: Json, person: Json, control_id: str) -> str:
    if BUG == "swaps-names":
        person = {**person, "family_name": person["given_name"], "given_name": person["family_name"]}
    return message(row["message"], control_id, person)


if __name__ == "__main__":
    deliver(build)
