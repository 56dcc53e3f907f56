"""Appointments and encounters."""

from __future__ import annotations

from tests.worlds.attributes.samples.sending import TOLA, accepted, fields, head, hl7, relabelled, then

DOCTORS = {
    "f7": "^Lindqvist^Maja^Quill^^Dr",
    "f8": "^Bramhall^Ivor^Keir^^Mr",
    "f9": "^Osei^Adwoa^Nana^^Prof",
}

APPOINTMENT = hl7(
    "appointment",
    "SIU^S12",
    fields("SCH", f1="APT-901", f7="^Knee review", f8="KNEE-NEW^^SNOMED CT", f11="^^^202604020931^202604020952",
           f13="^^^booking@clinic.example"),
    "NTE|1||Bring the diary",
    fields("PV1", f3="^^^^^^^^Outpatients North", f10="SPEC-1"),
    "RGS|1",
    "AIP|1||^Lindqvist^Maja^Quill^^Prof|^Consultant",
    "ZAP|https://bookings.example/901",
)  # fmt: skip
APPOINTMENTS = [
    APPOINTMENT,
    hl7("appointment", "SIU^S12", "SCH|APT-902||||||^Hip||||^^^202604020933", "ZSC||||||||HIP-NEW^^LN",
        fields("PV1", f3="^^^^^^^^South", f10="S2"), name="SIU^S12 with ZSC"),
    *(
        hl7("appointment", f"ADT^{event}", f"EVN|{event}|20260301090000{more}",
            fields("PV1", f2="I", f3="^^^^^^^^Elm Ward", f10="SPEC-2", f19="VIS-902", f44=admitted), *pv2,
            name=f"ADT^{event} {place}")
        for event in ("A05", "A14")
        for place, more, admitted, pv2 in (
            ("PV2-8", "", "", [fields("PV2", f8="202604030917")]),
            ("EVN-3", "|202604030918", "", []),
            ("PV1-44", "", "202604030919", []),
        )
    ),
    hl7("appointment", "SIU^S12", "SCH|APT-903||||||^Feet||||^^^202604020934", fields("PV1", f3="^^^^^^^^West"),
        name="SIU^S12 of a partner", user="partner_letterbox"),
    relabelled(APPOINTMENT),
    then(APPOINTMENT, lambda pkb: accepted(pkb, head("SIU^S15") + f"\r{TOLA}\rSCH|APT-901"), "SIU^S15"),
]  # fmt: skip


ADMISSION = fields("PV1", f2="E", f3="^^^^^^^^Elm Ward", **DOCTORS, f10="EMERG-1", f19="VIS-901", f44="202603101407")
ENCOUNTERS = [
    hl7("encounter", "ADT^A01", "EVN|A01|20260310141000", ADMISSION),
    hl7("encounter", "ADT^A01", "EVN|A01|20260310141000|||| ".replace(" ", "202603101408"),
        fields("PV1", f2="I", f19="VIS-901"), name="ADT^A01 EVN-6"),
    hl7("encounter", "ADT^A02", "EVN|A02|20260310141000||||202603101509",
        fields("PV1", f2="I", f3="^^^^^^^^Oak Ward", **DOCTORS, f10="ORTHO-2", f19="VIS-901"),
        start=head("ADT^A01") + f"\r{TOLA}\rEVN|A01|20260310141000\r{ADMISSION}"),
    hl7("encounter", "ADT^A03", "EVN|A03|20260310141000",
        fields("PV1", f2="I", f19="VIS-901", f45="202603131131"),
        start=head("ADT^A01") + f"\r{TOLA}\rEVN|A01|20260310141000\r{ADMISSION}"),
    hl7("encounter", "ADT^A03", "EVN|A03|20260310141000||||202603131132", fields("PV1", f2="I", f19="VIS-901"),
        name="ADT^A03 EVN-6"),
    *(
        hl7("encounter", f"ADT^{event}", f"EVN|{event}|20260301090000{more}",
            fields("PV1", f2="I", f19="VIS-902", f44=admitted), *pv2, name=f"ADT^{event} {place}")
        for event in ("A05", "A14")
        for place, more, admitted, pv2 in (
            ("PV2-8", "", "", [fields("PV2", f8="202604030917")]),
            ("EVN-3", "|202604030918", "", []),
            ("PV1-44", "", "202604030919", []),
        )
    ),
    hl7("encounter", "ADT^A08", "EVN|A08|20260310141000||||202603101611", fields("PV1", f2="I", f19="VIS-901")),
    *(
        hl7("encounter", "ADT^A08", "EVN|A08|20260310141000||||202603141611",
            fields("PV1", f2="I", f19="VIS-901", **{f"f{field}": at}), name=f"ADT^A08 PV1-{field}",
            start=head(f"ADT^{event}") + f"\r{TOLA}\rEVN|{event}|20260310141000\r"
            + fields("PV1", f2="I", f19="VIS-901"))
        for field, event, at in ((44, "A01", "202603101411"), (45, "A03", "202603141412"))
    ),
]  # fmt: skip
