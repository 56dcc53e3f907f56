"""SOAP 1.1: the only envelope in which PKB accepts a message.

Source: *HL7 Connection Guidance*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3364848418 ; the shape of the
reply is inferred from the naming rules of JAX-WS and from public clients of listeners with the same contract.
"""

from __future__ import annotations

import codecs
import re
from email.message import Message as MimeHeaders
from html import escape
from xml.etree.ElementTree import Element, ParseError, fromstring

from defusedxml.common import DefusedXmlException

from sandbox import facts
from sandbox.base import datafiles
from sandbox.base.short_cache import LONGEST, short_cache
from sandbox.errors import SandboxError, Unreadable, WrongMediaType
from sandbox.http.xml_tree import TooManyElements, read_tree

ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
NAMESPACE = "http://wsssl.hl7api.patientsknowbest.com/"
MOST_ELEMENTS: int = facts.value("hl7.envelope-limit")
"""Maximum number of elements of an envelope, and so of levels; the message itself is text."""
CLIENT, SERVER, VERSION_MISMATCH, MUST_UNDERSTAND = "Client", "Server", "VersionMismatch", "MustUnderstand"
"""The fault codes of SOAP 1.1 (section 4.4.1)."""

NEXT = "http://schemas.xmlsoap.org/soap/actor/next"
"""The actor URI that addresses every receiver."""

MEDIA_TYPES = ("text/xml", "application/xml", "application/soap+xml")
CHARSETS: tuple[str, ...] = tuple(facts.value("hl7.charset"))
"""The accepted character sets, in lower case and with hyphens."""

SHORT = 16 * 1024
"""Length of a body up to which it is searched for a document type."""

CDATA, CDATA_END = b"<![CDATA[", b"]]>"
PLAIN = bytes([*b"\t\n\r", *range(0x20, 0x80)])
"""The characters of ASCII that XML allows."""
PROBE = PLAIN.replace(b"\r", b"")
"""All of them but the one that XML changes: a text that stays as it is only where every such text does."""

MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")


class SoapFault(Unreadable):
    """A call that is not a valid `acceptMessage`: answered with a SOAP fault, not with an acknowledgement.

    `code` is the fault code of SOAP 1.1 section 4.4.1; `in_body` means that the error is in the entries of the Body.
    """

    def __init__(self, text: str, code: str = CLIENT, in_body: bool = False) -> None:
        instead = "a SOAP 1.1 envelope with acceptMessage and the message in arg0"
        super().__init__(text, code=code, rule="hl7.soap-fault", instead=instead)
        self.in_body = in_body


def open_envelope(body: bytes, content_type: str) -> str:
    """Return the text of `arg0`; empty if it is missing. Raises SoapFault, WrongMediaType.

    The operation is matched by its local name, because PKB's own sample has blanks in the namespace. Document types
    are refused, and with them all entities (SOAP 1.1 section 3 forbids them).
    """
    text = open_usual(body, content_type)
    return _argument(body, content_type) if text is None else text


def open_usual(body: bytes, content_type: str) -> str | None:
    """Return the text of `arg0` where it can be read without a parser, which takes a millisecond for a megabyte."""
    start, end = body.find(CDATA), body.rfind(CDATA_END)
    # A sender writes the same around each message: where that is known to leave a text as it is, nothing is parsed.
    is_short = start + len(body) - end <= LONGEST and len(content_type) <= LONGEST
    is_usual = 0 <= start < end and is_short and _is_plain(body, start, end)
    if not is_usual or not _is_verbatim(body[:start] + body[end:], start, content_type):
        return None
    text = str(memoryview(body)[start + len(CDATA) : end], "ascii")
    # Line ends as XML reads them.
    return (text.replace("\r\n", "\n") if "\n" in text else text).replace("\r", "\n")


def _is_plain(body: bytes, start: int, end: int) -> bool:
    """Return whether a body is ASCII that XML allows, and a section from a place does not end before another."""
    # A single bracket is found much faster in a long body than all three characters.
    is_one = body.find(b"]", start) == end or body.find(CDATA_END, start) == end
    return is_one and not body.translate(None, PLAIN)


@short_cache(64)
def _is_verbatim(ends: bytes, length: int, content_type: str) -> bool:
    """Return whether a CDATA section of plain bytes between these ends, of which the first has a length, is `arg0`."""
    try:
        body = b"".join((ends[:length], CDATA, PROBE, ends[length:]))
        return _argument(body, content_type) == PROBE.decode("ascii")
    except SandboxError:
        return False


def _argument(body: bytes, content_type: str) -> str:
    try:
        root = _parsed(_decoded(body, content_type))
    except DefusedXmlException as error:
        raise SoapFault("A document type declaration is not allowed") from error
    except TooManyElements as error:
        raise SoapFault(f"The body is no envelope: {error}") from error
    except (ParseError, ValueError, LookupError) as error:
        raise SoapFault(f"The body is not well-formed XML: {error}") from error
    operation = next((child for child in _body(root) if _local(child) == "acceptMessage"), None)
    if operation is None:
        raise SoapFault("The operation must be acceptMessage", in_body=True)
    argument = next((child for child in operation if _local(child) == "arg0"), None)
    if argument is None:
        return ""
    return "".join(argument.itertext()) if len(argument) else argument.text or ""


def _parsed(content: bytes | str) -> Element:
    """Parse an envelope. Raises DefusedXmlException for a document type, ParseError, ValueError, LookupError."""
    # A text without a document type needs no protection, and the parser that protects is written in Python, hence slow.
    # In every encoding that the parser knows, these characters are those of ASCII, or have zeros between them.
    # A long text is not searched: that takes longer than it saves.
    if len(content) > SHORT or (
        "<!DOCTYPE" in content if isinstance(content, str) else b"<!DOCTYPE" in content or b"\0" in content
    ):
        return read_tree((content,), MOST_ELEMENTS, MOST_ELEMENTS)
    return fromstring(content)  # noqa: S314 - see above


def _body(root: Element) -> Element:
    """Return the Body, after checking version, order and headers by SOAP 1.1 sections 4.1 to 4.3. Raises SoapFault."""
    if _local(root) != "Envelope":
        raise SoapFault(f"The root element must be Envelope of {ENVELOPE}")
    if root.tag != f"{{{ENVELOPE}}}Envelope":
        raise SoapFault(f"The Envelope must be that of SOAP 1.1, {ENVELOPE}", VERSION_MISMATCH)
    parts = list(root)
    if parts and parts[0].tag == f"{{{ENVELOPE}}}Header":
        _check_understood(parts.pop(0))
    if not parts or parts[0].tag != f"{{{ENVELOPE}}}Body":
        raise SoapFault("The Envelope must contain a Body, after the Header if there is one")
    return parts[0]


def _check_understood(header: Element) -> None:
    """Raise SoapFault for mandatory header entries: this service supports none (sections 4.2.2, 4.2.3)."""
    unknown = [
        str(entry.tag)
        for entry in header
        if entry.get(f"{{{ENVELOPE}}}mustUnderstand", "").strip() in ("1", "true")
        and entry.get(f"{{{ENVELOPE}}}actor", "").strip() in ("", NEXT)
    ]
    if unknown:
        raise SoapFault(f"Unsupported mandatory header entries: {', '.join(unknown)[:500]}", MUST_UNDERSTAND)


def _decoded(body: bytes, content_type: str) -> bytes | str:
    """Decode the body by its byte order mark, else the charset, else the XML declaration (RFC 7303)."""
    for mark, encoding in MARKS:
        if body.startswith(mark):
            return _DECLARATION.sub("", body[len(mark) :].decode(encoding), count=1)
    charset = _charset(content_type)
    if charset == "utf-8" and not body.lstrip(b" \t\r\n").startswith(b"<?xml"):
        # The parser reads bytes as UTF-8 by default, without a copy.
        return body
    return _DECLARATION.sub("", body.decode(charset), count=1) if charset else body


@short_cache(64)
def _charset(content_type: str) -> str | None:
    """Return the character set of a media type, or None. Raises WrongMediaType for one that is not in the list."""
    headers = MimeHeaders()
    headers["content-type"] = content_type or "text/xml"
    charset = headers.get_content_charset()
    # Python has codecs beyond character sets, and some of them take quadratic time.
    if charset is not None and charset.replace("_", "-") not in CHARSETS:
        text = f"The character set {charset[:100]} is not supported; send UTF-8"
        raise WrongMediaType(text, rule="hl7.charset", instead=f"one of {', '.join(CHARSETS)}")
    return charset


def _local(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def reply(er7: str) -> bytes:
    """Build the reply to `acceptMessage`. Carriage returns become references, because XML would change bare ones."""
    # What is printable is legal in XML, and most replies are.
    legal = er7 if er7.replace("\r", "").isprintable() else _ILLEGAL.sub("\ufffd", er7)
    text = escape(legal, quote=False).replace("\r", "&#xD;")
    return (
        f'<S:Envelope xmlns:S="{ENVELOPE}"><S:Body><ns2:acceptMessageResponse xmlns:ns2="{NAMESPACE}">'
        f"<return>{text}</return></ns2:acceptMessageResponse></S:Body></S:Envelope>"
    ).encode()


def fault(text: str, code: str = CLIENT, in_body: bool = False) -> bytes:
    """Build a SOAP 1.1 fault. Section 4.4 requires `detail` only if the error is in the entries of the Body."""
    fault_string = escape(_ILLEGAL.sub("\ufffd", text), quote=False)
    detail = "<detail/>" if in_body else ""
    return (
        f'<soapenv:Envelope xmlns:soapenv="{ENVELOPE}"><soapenv:Body><soapenv:Fault>'
        f"<faultcode>soapenv:{code}</faultcode><faultstring>{fault_string}</faultstring>{detail}"
        "</soapenv:Fault></soapenv:Body></soapenv:Envelope>"
    ).encode()


def wsdl(address: str) -> bytes:
    """Return the service description, with the address at which it was requested."""
    text = datafiles.beside_code("hl7/acceptmessage.wsdl").read_text(encoding="utf-8")
    return text.replace("{address}", escape(address)).encode()
