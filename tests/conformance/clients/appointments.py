"""An integration engine of a hospital that sends its appointments."""

from __future__ import annotations

from functools import partial

from tests.conformance.clients.wire import BUG, Hl7Sender, Json, local, message, steps


def build(row: Json, person: Json, control_id: str) -> str:
    title = "^Clinic review"
    sch = f"SCH|{row['id']}||||||{title}|NEW^^LOCAL|||^^^{local(row['start'])}"
    return message(row["message"], control_id, person, sch, "PV1|||^^^^^^^^Outpatients 3", "RGS|1")


def main() -> None:
    sender = Hl7Sender()
    for step, run in steps():
        for row in step["data"]:
            if row["message"] == "SIU^S15" and BUG == "never-cancels":
                continue
            person = {**run["patient"], **{key: row[key] for key in ("date_of_birth",) if key in row}}
            sender.send(partial(build, row, person))


if __name__ == "__main__":
    main()
