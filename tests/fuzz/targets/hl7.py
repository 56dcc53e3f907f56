"""HL7: MLLP framing, the SOAP envelope, ER7 and its parts, timestamps, files of messages."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from sandbox.errors import Invalid, TooLarge, WrongMediaType
from sandbox.hl7 import escapes, files, paths, security, soap, timestamps
from sandbox.hl7.er7 import Er7Message, parse
from sandbox.hl7.files import UnusableFile
from sandbox.hl7.mllp import Frame, Frames, framed
from tests.fuzz.strategies import encoded, pieces
from tests.fuzz.target import Target

LIMIT = 4096
HEADER = "MSH|^~\\&|NORTHMOOR|NM|PKB|PKB|20260310120000||ADT^A28^ADT_A05|1|P|2.4"
SEGMENTS = (
    HEADER, "MSH|^~\\&|A", "MSH#^~\\&#A#B", "MSH|", "\rPID|1||9991001379^^^NHS^NH||Tola^A||19800101|F", "\rEVN|A28",
    "\rOBX|1|NM|718-7^Hb^LN||1.5|g/L|1-2|N|||F", "\rNTE|1||x", "\rPV1|1|I", "\r", "\n", "|", "^", "~", "&", "\\",
    "\\E\\", "\\F\\", "\\X41\\", "\\X4\\", "\\.br\\", "\\H\\", "FHS|^~\\&|", "BHS|^~\\&|", "BTS|1", "||||||||||",
    '""',
)  # fmt: skip
ENVELOPE = (
    "<soapenv:Envelope", ' xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"', ' xmlns:w="urn:x"', ">",
    "</a>", "<soapenv:Header/>", "<soapenv:Body>", "<acceptMessage>", "<arg0>", "<![CDATA[", "]]>", "</arg0>",
    "&#13;", "&amp;", "</acceptMessage>", "</soapenv:Body>", "</soapenv:Envelope>",
    "<?xml version='1.0' encoding='utf-16'?>", "&x;", "<!DOCTYPE a [<!ENTITY x 'y'>]>", "<a ",
    'soapenv:mustUnderstand="1"', "/>", "<!-- -->", HEADER,
)  # fmt: skip
CHARSETS = (
    "", "text/xml", "text/xml;charset=utf-8", "text/xml;charset=utf-16", "text/xml;charset=windows-1252",
    "text/xml;charset=", "text/xml;charset*0*=utf-8''x", "a;charset=\ufeff", ";;charset=us-ascii",
)  # fmt: skip
TIMES = ("2026", "03", "10", "12", "0001", "9999", "1231", "0229", "+0100", "-1400", "+1401", ".", "5", "60", "Z")
PATHS = ("PID-5", "MSH-2", "OBX[2]-5", ".1", "[3]", "[", "]", "-", ".", "999999999999", "0", "1", "ZZZ", "pid")


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _frames(data: bytes) -> int:
    """Read a stream at once and byte by byte: the frames are the same."""
    at_once, in_bytes = Frames(LIMIT), Frames(LIMIT)
    whole = _fed(at_once, [data])
    assert whole == _fed(in_bytes, [data[at : at + 1] for at in range(len(data))])
    return len(whole)


def _fed(frames: Frames, chunks: list[bytes]) -> list[Frame]:
    read: list[Frame] = []
    try:
        for chunk in chunks:
            read += frames.feed(chunk)
    except TooLarge:
        frames.rest()
        return [frame._replace(content=frame.content[:LIMIT]) for frame in read]
    rest = frames.rest()
    # Of what stands outside a frame only the beginning is kept, unless it arrives at once.
    return [frame._replace(content=frame.content[:LIMIT]) for frame in (*read, rest) if frame]


def _framed(data: bytes) -> None:
    (frame,) = Frames(10**6).feed(framed(_text(data)))
    assert not frame.fault


def _envelope(data: bytes) -> str:
    """The first byte chooses the media type."""
    return soap.open_envelope(data[1:], CHARSETS[data[0] % len(CHARSETS)] if data else "")


def _reply(data: bytes) -> None:
    """What is written as a reply or a fault can be read, and holds the text as far as XML can."""
    text = _text(data)
    opened = soap.reply(text).replace(b"acceptMessageResponse", b"acceptMessage").replace(b"return>", b"arg0>")
    assert soap.open_envelope(opened, "") == soap._ILLEGAL.sub("\ufffd", text)
    soap.fault(text)


def _message(data: bytes) -> Er7Message:
    """Every field, component and path of a message."""
    message = parse(_text(data))
    _ = message.type, message.trigger, message.control_id, message.delimiters
    for segment in message.all[:50]:
        message.place(segment)
        message.notes_after(segment)
        _ = segment.echo
        for field in range(min(len(segment), 30)):
            segment.raw(field), segment.components(field), segment.value(field), segment.text(field, 2)
            for repetition in segment.repetitions(field):
                repetition.component(2)
    for path in ("MSH-9.1", "PID-3[2].1", "OBX[2]-5", "PID-5.1.1"):
        list(paths.Hl7Path.parse(path).values(message))
    return message


def _escapes(data: bytes) -> None:
    text = _text(data).replace("\r", "").replace("\n", "")
    escapes.unescape(text)
    assert escapes.unescape(escapes.escape(text)) == text


def _security(data: bytes) -> object:
    text = _text(data)
    assert len(security.without_security(text)) <= len(text)
    return security.credential_of(text)


def _time(data: bytes) -> object:
    text, zone = _text(data), ZoneInfo("Europe/London")
    timestamps.zone_of(text, "Europe/London")
    timestamps.parse_date(text, "PID-7")
    at = timestamps.parse(text, "PID-7", zone)
    return at and timestamps.format_timestamp(at)


def _path(data: bytes) -> int:
    message = parse(f"{HEADER}\rPID|1||a^b&c~d||e\\F\\f\rOBX|1\rOBX|2||||x")
    return len(list(paths.Hl7Path.parse(_text(data)).values(message)))


def _wide(data: bytes) -> bytes:
    return data.decode("utf-8", "replace").encode("utf-16")


MESSAGES = pieces(SEGMENTS) | encoded(st.builds(lambda end: HEADER + end, pieces(SEGMENTS).map(_text)))
WORDS = tuple(word.encode() for word in SEGMENTS)

TARGETS: tuple[Target, ...] = (
    Target(
        name="mllp-frames",
        run=_frames,
        words=(b"\x0b", b"\x1c", b"\x1c\r", b"MSH|", b"\x0b\x0b", b"\xef\xbb\xbfMSH"),
        strategy=pieces(("\x0b", "\x1c\r", "\x1c", "\r", "MSH|^~\\&|", "x" * LIMIT)) | st.binary(max_size=40),
    ),
    Target(name="mllp-framed", run=_framed, words=WORDS, strategy=MESSAGES),
    Target(
        name="soap-envelope",
        run=_envelope,
        refusals=(soap.SoapFault, WrongMediaType),
        words=tuple(word.encode() for word in ENVELOPE),
        strategy=pieces(ENVELOPE, 30) | pieces(ENVELOPE).map(_wide),
    ),
    Target(name="soap-reply", run=_reply, words=(b"<", b"&", b"]]>", b"\r", b"S:"), strategy=MESSAGES),
    Target(name="er7", run=_message, refusals=(Invalid,), words=WORDS, strategy=MESSAGES),
    Target(name="er7-escapes", run=_escapes, words=WORDS, strategy=MESSAGES),
    Target(name="hl7-security", run=_security, words=(*WORDS, b"user:password", b"\xef\xbb\xbf"), strategy=MESSAGES),
    Target(
        name="hl7-time",
        run=_time,
        refusals=(Invalid,),
        words=tuple(word.encode() for word in TIMES),
        strategy=pieces(TIMES, 8),
    ),
    Target(
        name="hl7-path",
        run=_path,
        refusals=(Invalid,),
        words=tuple(word.encode() for word in PATHS),
        strategy=pieces(PATHS, 6),
    ),
    Target(
        name="hl7-file",
        run=files.messages_of,
        refusals=(UnusableFile,),
        words=(*WORDS, b"\xff\xfe", b"\xfe\xff", b"\x1c"),
        strategy=MESSAGES | MESSAGES.map(_wide),
    ),
)
