"""An integration engine of a hospital that sends its appointments."""

from __future__ import annotations

from tests.conformance.clients.wire import Json, deliver, local, message


def build(row: Json, person: Json, control_id: str) -> str:
    schedule = f"SCH|{row['id']}||||||^Clinic review|NEW^^LOCAL|||^^^{local(row['start'])}"
    return message(row["message"], control_id, person, schedule, "PV1|||^^^^^^^^Outpatients 3", "RGS|1")


if __name__ == "__main__":
    deliver(build)
