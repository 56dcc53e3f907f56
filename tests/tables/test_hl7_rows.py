"""The rows of the HL7 facts files, message by message: what a message needs, and what the linter says of each field.

Both tables say a second time what the facts files say: the first in the refusals of messages over SOAP, the second in
`linter_words.txt`, which `python -m tests.tables.test_hl7_rows` writes anew after a change on purpose.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.hl7.profiles import FieldRow, profiles
from sandbox.server import SandboxServer
from tests.hl7.samples import PREFIX_AR, example, state
from tests.hl7.test_every_attribute import written
from tests.hl7.test_every_field import EXAMPLES
from tests.support import Client

WORDS = Path(__file__).with_name("linter_words.txt")


def needed(*names: str, prefix: str = "") -> dict[str, str]:
    """Place → the refusal of a message without a value there; each name is `PV1-19.1 (visit ID)`."""
    return {name.split(" ")[0]: f"{prefix}{name} must be provided. You provided []" for name in names}


def either(*names: str, prefix: str = "") -> dict[str, str]:
    """Places, together → the refusal of a message with a value at none of them; each name is `OBX.3.2 (title)`."""
    places = " ".join(name.split(" ")[0].replace(".", "-", 1) for name in names)
    return {places: f"{prefix}You need to provide at least one of: {', '.join(names)}"}


HEADER = {
    **needed("MSH-7.1 (message timestamp)"),
    "MSH-9.1": "Unknown messageType received from HL7",
    "MSH-9.2": "Unknown messageType received from HL7",
    **needed("MSH-10.1 (message control ID)", "MSH-11.1 (processing ID)"),
}
PATIENT = dict.fromkeys(
    ("PID-3.1", "PID-3.4", "PID-3.5"), "Lookup single patient must be provided with at least one identifier"
)
NAMES = {
    "PID-5.1": "Cannot create patient missing these fields: surname",
    "PID-5.2": "Cannot create patient missing these fields: givenName",
}
LISTS = {
    **either("AL1.3.1 (Allergen code ID)", "AL1.3.2 (Allergen code text)"),
    **either("DG1.3.1 (Diagnosis code ID)", "DG1.3.2 (Diagnosis code text)"),
    **either("ZRX.2.1 (Medication code ID)", "ZRX.2.2 (Medication code text)"),
}
VISIT = needed("PV1-19.1 (visit ID)")
DOCTORS = needed("PV1-7.2 (family name)", "PV1-8.2 (family name)")
APPOINTMENT = needed("SCH-1.1 (placer ID)", "SCH-11.4 (start time)", "PV1-3.9 (location)", "AIP-3.2 (family name)")
DOCUMENT = {
    **needed("TXA-2.1 (document type)", "TXA-5.2 (family name)", "TXA-12.1 (unique document number)"),
    **needed("TXA-17.1 (completion status)", "OBX-2.1 (value type)"),
    **either("OBX.3.2 (title)", "OBX.3.5 (alternative title)"),
    **needed("OBX-5.2 (type of data)", "OBX-5.3 (data subtype)", "OBX-5.4 (encoding)", "OBX-5.5 (data)"),
}
ORDER = {
    "OBR-3.1 ORC-3.1": "OBR[1]: You need to provide at least one of: ORC.3.1 (filler order number), "
    "OBR.3.1 (filler order number)"
}
RESULT = {
    **ORDER,
    **needed("OBX-2.1 (value type)", "OBX-5.1 (value)", prefix="OBR[1].OBX[1]: "),
    **either("OBX.3.1 (test code ID)", "OBX.3.2 (test code text)", prefix="OBR[1].OBX[1]: "),
    "OBR-16.2": "OBR[1].OBR-16.2 (family name) must be provided. You provided []",
}
IMAGES = "JPEG, JPG, PNG, GIF, TIFF, PDF"
REFUSALS: dict[str, dict[str, str]] = {
    **{f"adt_a{number}": {**PATIENT, **DOCTORS, **VISIT} for number in ("01", "02", "03", "05", "08", "14")},
    **{f"adt_a{number}": {**PATIENT, **VISIT} for number in ("11", "12", "13", "27", "38")},
    "adt_a28": {**PATIENT, **NAMES, **LISTS},
    "adt_a31": {**PATIENT, **NAMES},
    "mdm_t02_care_plan": {**PATIENT, **DOCUMENT, **needed("TXA-4.1 (activity time)")},
    "mdm_t02_document": {**PATIENT, **DOCUMENT},
    "mdm_t11": {**PATIENT, **needed("TXA-12.1 (unique document number)")},
    "oru_r01_laboratory": {
        **PATIENT,
        **RESULT,
        "OBR-7.1": "OBR[2].OBX[1]: No observation timestamp in OBX or OBR",
        "OBX-5.2": "OBR[1].OBX[2]: OBX-5.2 (number) must be a number, with =, <, <=, > or >= in OBX-5.1. "
        "You provided [<] []",
    },
    "oru_r01_measurements": {**PATIENT, **RESULT, "OBR-7.1": "OBR[1].OBX[1]: No observation timestamp in OBX or OBR"},
    "oru_r01_text_report": {
        **PATIENT,
        **ORDER,
        **needed("OBX-2.1 (value type)", prefix="OBR[1].OBX[1]: "),
        "OBR-4.1": "OBR[1].OBR-4.1 (service identifier) must be provided. You provided []",
        "OBR-7.1": "OBR[1].OBX[1]: No observation timestamp in OBX or OBR",
    },
    "oru_r01_radiology": {
        **PATIENT,
        **ORDER,
        **either("OBR.4.2 (title)", "OBR.4.5 (alternative title)", prefix="OBR[1]: "),
        "OBR-7.1": "OBR[1].OBR-7.1 (observation time) must be provided. You provided []",
        "OBR-16.2": "OBR[1].OBR-16.2 (family name) must be provided. You provided []",
        **needed("OBX-2.1 (value type)", prefix="OBR[1].OBX[1]: "),
        "OBX-5.3": f"OBR[1].OBX[2]: OBX-5.3 (data subtype) must be {IMAGES}. You provided []",
        "OBX-5.4": "OBR[1].OBX[2]: OBX-5.4 (encoding) must be Base64. You provided []",
    },
    "qry_a19_apn": {},
    "qry_a19_dem": {},
    "qry_a19_sta": {
        "QRD-7.1": "QRD-7.1 must be a number of rows. You provided []",
        "QRD-7.2": "QRD-7.2 must be RD",
    },
    **{f"siu_s{number}": {**PATIENT, **APPOINTMENT} for number in (12, 13, 14, 15, 26)},
}
"""Example → places that are blank, one or several together → the refusal. Without any other value it is accepted."""


def blanked(text: str, places: str) -> str:
    """The message without the components at some places, in every segment and repetition of their name."""
    lines = text.split("\n")
    for place in places.split():
        segment, _, address = place.partition("-")
        field, component = map(int, address.split("."))
        lines = [_without(line, field, component) if line.startswith(segment) else line for line in lines]
    return "\n".join(lines)


def _without(line: str, field: int, component: int) -> str:
    fields = line.split("|")
    number = field - (fields[0] == "MSH")
    if number < len(fields):
        repetitions = [repetition.split("^") for repetition in fields[number].split("~")]
        for components in repetitions:
            components[component - 1 : component] = [""] if component <= len(components) else []
        fields[number] = "~".join(map("^".join, repetitions))
    return "|".join(fields)


def filled_places(text: str) -> list[str]:
    """The places of a message that have a value in a first repetition."""
    places = []
    for line in text.strip().split("\n"):
        name, *fields = line.split("|")
        for number, field in enumerate(fields, 2 if name == "MSH" else 1):
            components = enumerate(field.split("~")[0].split("^"), 1) if (name, number) != ("MSH", 2) else ()
            places += [f"{name}-{number}.{component}" for component, value in components if value]
    return list(dict.fromkeys(places))


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_message_without_a_value_is_refused_where_the_table_says_so_and_only_there(pkb: Client, name: str):
    text, before = EXAMPLES[name], state(pkb)
    expected = {**HEADER, **REFUSALS[name]}
    together = {place for places in expected for place in places.split() if " " in places}
    refused = {}
    for places in dict.fromkeys([*expected, *(place for place in filled_places(text) if place not in together)]):
        ack = pkb.send(blanked(text, places))
        if ack.code == "AA":
            pkb.server.workspaces.default.reset(("store",))
        else:
            assert state(pkb) == before
            refused[places] = ack.detail.removeprefix(PREFIX_AR)
    assert refused == expected


REPRESENTATIVES = (
    "adt_a28",
    "adt_a01",
    "adt_a11",
    "mdm_t02_care_plan",
    "mdm_t02_document",
    "mdm_t11",
    "oru_r01_laboratory",
    "oru_r01_radiology",
    "qry_a19_sta",
    "siu_s12",
)
"""An example for each facts file."""
VALUES = {"TS": "20260105111500", "DT": "19700101", "NM": "9", "XCN": "^Okoro^Bea", "XPN": "Okoro^Bea"}
"""Data type → a value of it."""


def filled(text: str, rows: tuple[FieldRow, ...]) -> str:
    """The message with a value at the place of each row, in the first segment of its name."""
    lines = text.strip().split("\n")
    for row in rows:
        at = next((number for number, line in enumerate(lines) if line.split("|")[0] == row.segment), len(lines))
        lines += [row.segment] if at == len(lines) else []
        fields = lines[at].split("|")
        is_blank = row.field >= len(fields) or not fields[row.field].strip("^")
        is_short = not is_blank and len(fields[row.field].split("^")) < row.component
        if is_blank or is_short:
            value = row.values[0] if row.values else VALUES.get(row.type, "x")
            lines[at] = written(lines[at], row.field, 0 if "^" in value else row.component, value)
    return "\n".join(lines)


def words_of(pkb: Client) -> Iterator[str]:
    """The findings of the linter, errors left out, for each representative with a value at every row: a line each."""
    for name in REPRESENTATIVES:
        profile = profiles()[profile_name(pkb, name)]
        response = pkb.http.post("/_sandbox/hl7/lint", json={"text": filled(example(name), profile.fields)})
        for finding in response.json()["findings"]:
            if finding["level"] != "error":
                place = f"{finding['segment']}-{finding['field']}".rstrip("-")
                yield f"{name} {place} {finding['level']}: {finding['text']} [{finding['standing']}]"


def profile_name(pkb: Client, name: str) -> str:
    """The use of an example, by the journal."""
    pkb.send(example(name))
    exchange = pkb.control("/exchanges?api=hl7&limit=1")["exchanges"][0]
    pkb.server.workspaces.default.reset(("store",))
    return str(exchange["operation"])


def test_the_linter_says_of_each_field_what_the_table_says(pkb: Client):
    assert list(words_of(pkb)) == WORDS.read_text(encoding="utf-8").splitlines()


TIMES = {
    "adt_a28": "PID-7.1 PID-29.1 AL1-6.1 DG1-5.1 ZRX-1.4 ZRX-1.5",
    "adt_a01": "PID-7.1 PID-29.1 EVN-3.1 EVN-6.1 PV1-44.1 PV1-45.1 PV2-8.1",
    "adt_a11": "PID-7.1 PID-29.1",
    "mdm_t02_care_plan": "PID-7.1 PID-29.1 TXA-4.1",
    "mdm_t02_document": "PID-7.1 PID-29.1 TXA-4.1 TXA-6.1 TXA-7.1 TXA-8.1 ZPM-1.1",
    "mdm_t11": "PID-7.1 PID-29.1",
    "oru_r01_laboratory": "PID-7.1 PID-29.1 OBR-7.1 OBR-14.1 OBX-14.1",
    "oru_r01_radiology": "PID-7.1 PID-29.1 OBR-7.1",
    "qry_a19_sta": "QRF-2.1 QRF-3.1",
    "siu_s12": "PID-7.1 PID-29.1 SCH-11.4 SCH-11.5",
}
"""Example → the places where a malformed timestamp is refused, besides MSH-7."""


@pytest.mark.parametrize("name", TIMES)
def test_a_malformed_timestamp_is_refused_where_the_table_says_so_and_only_there(pkb: Client, name: str):
    profile = profiles()[profile_name(pkb, name)]
    refused = []
    for row in profile.fields:
        lines = filled(example(name), (row,)).split("\n")
        at = next(number for number, line in enumerate(lines) if line.startswith(row.segment))
        lines[at] = written(lines[at], row.field, row.component, "2026031")
        place = f"{row.segment}-{row.field}.{row.component}"
        ack = pkb.send("\n".join(lines))
        if ack.detail == f"{PREFIX_AR}Invalid timestamp [2026031] in {place}":
            refused.append(place)
        else:
            pkb.server.workspaces.default.reset(("store",))
    assert " ".join(dict.fromkeys(refused)) == TIMES[name]


if __name__ == "__main__":
    with SandboxServer(port=0) as server:
        WORDS.write_text("\n".join(words_of(Client(server))) + "\n", encoding="utf-8")
