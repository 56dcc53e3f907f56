"""A laboratory system that sends its results."""

from __future__ import annotations

from tests.conformance.clients.wire import BUG, Json, deliver, local, message


def build(row: Json, person: Json, control_id: str) -> str:
    order = f"{row['id']}-{control_id}" if BUG == "new-order-number" else row["id"]
    withdrawn = "R" if row.get("withdraw") else "F"
    group = f"OBR|1||{order}|FBC^Full blood count^L9|||{local(row['taken'])}||||||||||||||||||{withdrawn}"
    result = f"OBX|1|NM|HB^Haemoglobin^L9||{row['value']}|g/L|120-150|N|||F|||{local(row['taken'])}"
    return message("ORU^R01", control_id, person, group, result)


if __name__ == "__main__":
    deliver(build)
