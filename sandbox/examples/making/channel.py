"""A channel for NextGen Connect (Mirth): ADT and ORU by MLLP in, PKB's HL7 API out, PKB's acknowledgement back.

Source: the format, the property classes of https://github.com/nextgenhealthcare/connect . The channel is not run in
the engine.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from sandbox import facts
from sandbox.base import datafiles
from sandbox.examples.example import Example
from sandbox.examples.making.hl7_messages import TABLES, table
from sandbox.examples.making.written import Written

URL = "http://127.0.0.1:8080/services/hl7"
PATH = "nextgen/pkb-sandbox-channel.xml"
WSDL = "{http://schemas.xmlsoap.org/wsdl/}"
DESCRIPTION = (
    "Takes ADT and ORU messages by MLLP at port 6661 and sends them to the HL7 API of PKB Sandbox. The sender gets"
    " PKB's acknowledgement. Made for version 4.5; not run in the engine by the project."
)
# CDATA, because the engine inserts the message as it is, with the ampersand of MSH-2.
ENVELOPE = """\
<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:wss="{namespace}">
  <soapenv:Header/>
  <soapenv:Body>
    <wss:{operation}><arg0><![CDATA[${{message.encodedData}}]]></arg0></wss:{operation}>
  </soapenv:Body>
</soapenv:Envelope>"""
SCRIPTS = {
    "filterScript": """\
var type = msg['MSH']['MSH.9']['MSH.9.1'].toString();
return type == 'ADT' || type == 'ORU';""",
    "refusalScript": """\
// PKB answers AR or AE with status 200: show it in the dashboard. Do not send the message again as it is.
var refusal = /MSA\\|A[RE]\\|[^<]*/.exec(String(msg));
if (refusal != null) {
    responseStatus = ERROR;
    responseStatusMessage = refusal[0];
}""",
    "answerScript": """\
// The acknowledgement of PKB stands in the element return of the SOAP answer of destination 1.
var response = responseMap.get('d1');
if (response != null && response.getMessage()) {
    var answer = new XML(String(response.getMessage()).replace(/^\\s*<\\?xml[^>]*\\?>/, ''));
    var ack = String(answer.descendants('return'));
    if (ack) {
        return ResponseFactory.getSentResponse(ack);
    }
}
// Neither ADT nor ORU, or no answer after the retries: an acknowledgement of the engine.
var raw = message.getMergedConnectorMessage().getRawData();
return ResponseFactory.getErrorResponse(ACKGenerator.generateAckResponse(raw, 'AE', 'No acknowledgement from PKB'));""",
}
RESOURCES = """\
<resourceIds class="linked-hash-map">
  <entry>
    <string>Default Resource</string>
    <string>[Default Resource]</string>
  </entry>
</resourceIds>"""
HL7_PACKAGE, RAW_PACKAGE = "com.mirth.connect.plugins.datatypes.hl7v2", "com.mirth.connect.plugins.datatypes.raw"
HL7_PARTS: dict[str, dict[str, str]] = {
    "serialization": {
        "handleRepetitions": "true",
        "handleSubcomponents": "true",
        "useStrictParser": "false",
        "useStrictValidation": "false",
        "stripNamespaces": "false",
        "segmentDelimiter": r"\r",
        "convertLineBreaks": "true",
    },
    "deserialization": {"useStrictParser": "false", "useStrictValidation": "false", "segmentDelimiter": r"\r"},
    "batch": {"splitType": "MSH_Segment", "batchScript": ""},
    "responseGeneration": {
        "segmentDelimiter": r"\r",
        "successfulACKCode": "AA",
        "successfulACKMessage": "",
        "errorACKCode": "AE",
        "errorACKMessage": "An Error Occurred Processing Message.",
        "rejectedACKCode": "AR",
        "rejectedACKMessage": "Message Rejected.",
        "msh15ACKAccept": "false",
        "dateFormat": "yyyyMMddHHmmss.SSS",
    },
    "responseValidation": {
        "successfulACKCode": "AA,CA",
        "errorACKCode": "AE,CE",
        "rejectedACKCode": "AR,CR",
        "validateMessageControlId": "true",
        "originalMessageControlId": "Destination_Encoded",
        "originalIdMapVariable": "",
    },
}
"""The engine's defaults for HL7 v2."""
RAW_PARTS = {"batch": {"splitType": "JavaScript", "batchScript": ""}}
_BLOCK = re.compile(r"^( *)@(resources|(?:in|out)bound\w+)@", re.MULTILINE)
_TEXT = re.compile(r"@(\w+)@")


def channel_example() -> Written:
    """Build the channel and its entry in the index."""
    fact = facts.ledger()["hl7.soap"]
    example = Example(
        name="nextgen_channel",
        title="ADT and ORU by MLLP to PKB's HL7 API: a NextGen Connect (Mirth) channel, not run in the engine",
        kind="channel",
        variant="nextgen",
        api="hl7",
        integration_type="customer",
        cell="customer.hl7.send_data",
        user=table("collections/collections")["customer"]["variables"]["hl7User"],
        files=(PATH,),
        standing=fact.standing,
        source=fact.source,
    )
    return Written(example, {PATH: channel()})


def channel() -> str:
    """Fill the channel with the names of the WSDL and the first Customer's credentials."""
    namespace, service, port, operation = _service()
    variables = table("collections/collections")["customer"]["variables"]
    texts = {
        "description": DESCRIPTION,
        "url": URL,
        "namespace": namespace,
        "service": service,
        "port": port,
        "operation": operation,
        "user": variables["hl7User"],
        "password": variables["hl7Password"],
        "envelope": ENVELOPE.format(namespace=namespace, operation=operation),
        **SCRIPTS,
    }
    blocks = {
        "resources": RESOURCES,
        "inboundHl7": _data_type("inbound", HL7_PACKAGE, "HL7v2", HL7_PARTS),
        "outboundHl7": _data_type("outbound", HL7_PACKAGE, "HL7v2", HL7_PARTS),
        "inboundRaw": _data_type("inbound", RAW_PACKAGE, "Raw", RAW_PARTS),
        "outboundRaw": _data_type("outbound", RAW_PACKAGE, "Raw", RAW_PARTS),
    }
    text = datafiles.beside_code(f"{TABLES}/nextgen_channel.xml").read_text(encoding="utf-8")
    text = _BLOCK.sub(lambda match: _indented(blocks[match[2]], match[1]), text)
    # After the blocks, which are XML and must not be escaped; their own texts contain no marks.
    return _TEXT.sub(lambda match: escape(texts[match[1]]), text)


def _service() -> tuple[str, str, str, str]:
    """Read namespace, service, port and operation from the WSDL."""
    file = datafiles.beside_code("hl7/acceptmessage.wsdl")
    root = ElementTree.parse(file).getroot()  # noqa: S314 - a file of the package
    paths = (f"{WSDL}service", f"{WSDL}service/{WSDL}port", f"{WSDL}portType/{WSDL}operation")
    service, port, operation = (element.attrib["name"] for path in paths for element in root.findall(path))
    return root.attrib["targetNamespace"], service, port, operation


def _data_type(direction: str, package: str, name: str, parts: dict[str, dict[str, str]]) -> str:
    """Build the properties of a data type, each part with its class."""
    lines = [f'<{direction}Properties class="{package}.{name}DataTypeProperties" version="4.5.0">']
    for part, values in parts.items():
        kind = part[0].upper() + part[1:]
        lines.append(f'  <{part}Properties class="{package}.{name}{kind}Properties" version="4.5.0">')
        lines += [f"    <{key}>{value}</{key}>" for key, value in values.items()]
        lines.append(f"  </{part}Properties>")
    return "\n".join((*lines, f"</{direction}Properties>"))


def _indented(block: str, blanks: str) -> str:
    return "\n".join(blanks + line for line in block.split("\n"))
