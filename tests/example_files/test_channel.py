"""The channel for NextGen Connect, without the engine: its XML, and the SOAP envelope that it would send."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from sandbox.base import datafiles
from sandbox.examples.making.channel import PATH, URL
from tests.support import Client

CHANNEL = ElementTree.fromstring(datafiles.read_example(PATH))
(DESTINATION,) = CHANNEL.findall("destinationConnectors/connector")
PACKAGE = "com.mirth.connect."


def text(path: str, element: ElementTree.Element = CHANNEL) -> str:
    (element_of_path,) = element.findall(path)
    return element_of_path.text or ""


def messages(*names: str) -> list[str]:
    return [datafiles.read_example(f"hl7/{name}.hl7").decode().strip().replace("\n", "\r") for name in names]


def test_it_listens_for_mllp_and_answers_from_the_postprocessor():
    source = CHANNEL.find("sourceConnector/properties")
    assert source is not None
    assert source.attrib["class"] == f"{PACKAGE}connectors.tcp.TcpReceiverProperties"
    assert (text("listenerConnectorProperties/host", source), text("serverMode", source)) == ("127.0.0.1", "true")
    frame = "transmissionModeProperties"
    assert [text(f"{frame}/{name}OfMessageBytes", source) for name in ("start", "end")] == ["0B", "1C0D"]
    assert text("sourceConnectorProperties/responseVariable", source) == "Postprocessor"
    assert f"responseMap.get('d{text('metaDataId', DESTINATION)}')" in text("postprocessingScript")


def test_its_service_port_and_operation_are_those_of_the_wsdl(pkb: Client):
    wsdl = pkb.http.get("/services/hl7?wsdl").text
    properties = "properties"
    for name in ("service", "port"):
        namespace, local = re.fullmatch(r"\{(.*)\}(\w+)", text(f"{properties}/{name}", DESTINATION)).groups()  # type: ignore[union-attr]
        assert f'targetNamespace="{namespace}"' in wsdl
        assert f'<wsdl:{name} name="{local}"' in wsdl
    operation = text(f"{properties}/operation", DESTINATION)
    assert f'<wsdl:operation name="{operation}">' in wsdl
    assert text(f"{properties}/locationURI", DESTINATION) == URL
    assert text(f"{properties}/wsdlUrl", DESTINATION) == f"{URL}?wsdl"


@pytest.mark.parametrize("message", messages("adt_a28", "oru_r01_laboratory", "adt_a01"))
def test_its_envelope_with_its_credentials_is_accepted(pkb: Client, message: str):
    envelope = text("properties/envelope", DESTINATION)
    assert envelope.count("${") == 1
    login = (text("properties/username", DESTINATION), text("properties/password", DESTINATION))
    response = pkb.http.post(
        URL.removeprefix("http://127.0.0.1:8080"),
        content=envelope.replace("${message.encodedData}", message).encode(),
        headers={"Content-Type": "text/xml;charset=utf-8", "SOAPAction": text("properties/soapAction", DESTINATION)},
        auth=login,
    )
    assert pkb.ack(response).code == "AA"
    # What the scripts look for in the answer: the element, and a refusal before markup.
    assert [element.tag for element in ElementTree.fromstring(response.content).iter("return")] == ["return"]
    assert "MSA|AA|" in response.text


def test_its_scripts_name_only_what_they_are_about():
    (rule,) = DESTINATION.findall("filter/elements/*")
    (step,) = DESTINATION.findall("responseTransformer/elements/*")
    assert "type == 'ADT' || type == 'ORU'" in text("script", rule)
    refusal = re.search(r"/(.+)/\.exec", text("script", step))
    assert refusal is not None
    refusals = re.findall(refusal[1].replace("\\\\", "\\"), "<return>MSH|x&#xD;MSA|AR|m-1|No patient</return> MSA|AA|")
    assert refusals == ["MSA|AR|m-1|No patient"]


def test_every_part_has_a_class_of_the_engine_and_one_version():
    elements = list(CHANNEL.iter())
    assert {element.attrib["version"] for element in elements if "version" in element.attrib} == {"4.5.0"}
    classes = {element.attrib["class"] for element in elements if "class" in element.attrib} - {"linked-hash-map"}
    assert all(name.startswith(PACKAGE) for name in classes)
    assert "@" not in ElementTree.tostring(CHANNEL, encoding="unicode")


def test_the_page_says_that_it_was_not_run(pkb: Client):
    page = (datafiles.path("docs/engines.md")).read_text(encoding="utf-8")
    assert "**The channel was not run in the engine.**" in page
    assert "not run in the engine" in text("description")
