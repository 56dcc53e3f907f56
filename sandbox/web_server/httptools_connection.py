"""Connections read by httptools, which is Node's parser: several times as fast as h11."""

from __future__ import annotations

from typing import Any, Self

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from sandbox.web_server import request_head
from sandbox.web_server.connection import REASON, Connection


class _UntilTheEnd(int):
    """The length of a body that ends with its connection: uvicorn counts a length down, and this one never ends."""

    def __sub__(self, other: int) -> Self:
        return self

    def __ne__(self, other: object) -> bool:
        # uvicorn asks `!= 0` at the end of a response, and would call this one too short.
        return False

    __hash__ = int.__hash__


UNTIL_THE_END = _UntilTheEnd(2**63)


class HttpToolsConnection(Connection, HttpToolsProtocol):
    """uvicorn's, which reads what h11 reads, and answers requests in a row one after the other."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._answering: RequestResponseCycle | None = None
        self._is_reading_head = True
        self._is_refusing = False
        self._is_chunked = False
        self._head_size = 0
        self._method = b""
        self._offers: request_head.Headers = []
        self._set_up_parser()

    def _set_up_parser(self) -> None:
        self.parser = httptools.HttpRequestParser(self)
        # h11 reads both, and RFC 9112 allows it (sections 7.1.1 and 9.6).
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True, lenient_spaces_after_chunk_size=True)

    @property
    def is_between_requests(self) -> bool:
        """Whether no byte of the next request has arrived."""
        return self._is_reading_head and not self._head_size

    @property
    def is_reading_head(self) -> bool:
        """Whether a request has begun and its headers have not ended."""
        return self._is_reading_head and self._head_size > 0

    @property
    def is_within_plain_body(self) -> bool:
        """Whether the next bytes are those of a body that is not in chunks."""
        return not self._is_reading_head and not self._is_chunked

    def read_slice(self, data: bytes) -> None:
        """Read on, unless an earlier request was invalid."""
        super().read_slice(data)
        self._unset_keepalive_if_required()
        if self._is_refusing:
            return
        try:
            self._read(data)
        except httptools.HttpParserError:
            self.logger.warning(REASON)
            self._refuse()

    def _read(self, data: bytes) -> None:
        """Raises HttpParserError."""
        self._head_size += len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._read_without_upgrade(data[upgrade.args[0] :])
        if self._is_reading_head and self._head_size > request_head.LONGEST:
            raise httptools.HttpParserError("size")

    def _read_without_upgrade(self, rest: bytes) -> None:
        """Read a request again without its offer of another protocol, to which the parser takes the body to belong."""
        lines = [b"%s %s HTTP/1.1" % (self._method, self.url)]
        lines += [b"%s: %s" % pair for pair in self.headers if pair[0] != b"upgrade"]
        self._offers = [pair for pair in self.headers if pair[0] == b"upgrade"]
        self._set_up_parser()
        self._read(b"\r\n".join([*lines, b"", rest]))

    def on_message_begin(self) -> None:
        """Begin to read a head, which may have come in one read with the request before."""
        super().on_message_begin()
        # How much of that read belongs to it, the parser does not tell.
        self._head_size = self._head_size or 1

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header of the head. Trailers, which follow a body in chunks, are dropped."""
        if not self._is_reading_head:
            return
        name = name.lower()
        if name == b"expect" and value.lower() == b"100-continue":
            self.expect_100_continue = True
        elif name == b"transfer-encoding":
            self._is_chunked = True
        self.headers.append((name, value.rstrip(b" \t")))

    def on_headers_complete(self) -> None:
        """Begin to answer. Raises BadHead, which the parser turns into its own error."""
        # The parser stops here; `_read_without_upgrade` reads the request again without the offer.
        if self.parser.should_upgrade():
            self._method = self.parser.get_method()
            request_head.check_method(self._method.decode("ascii"))
            return
        if self._offers:
            self.headers += self._offers
            self._offers = []
        version = self.parser.get_http_version()
        request_head.check_framing(version, self.headers)
        # `_head_size` may include bytes of the body that came in the same read, so the head is measured exactly.
        if self._head_size > request_head.LONGEST:
            request_head.check_size(self.url, self.headers)
        self.url = request_head.origin_form(self.url, self.headers)
        self.expect_100_continue = self.expect_100_continue and version == "1.1"
        self._is_reading_head = False
        self._head_size = 0
        super().on_headers_complete()
        if version == "1.0":  # which knows no chunks
            self.cycle.chunked_encoding, self.cycle.expected_content_length = False, UNTIL_THE_END

    def on_message_complete(self) -> None:
        """Wait for the next request."""
        if not self._is_reading_head:
            super().on_message_complete()
            self._is_reading_head = True
            self._is_chunked = False
            self._head_size = 0

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._answering = cycle
        super()._start_asgi_task(cycle, app)

    def on_response_complete(self) -> None:
        """Answer the next request, or refuse the invalid bytes that came after the last one."""
        super().on_response_complete()
        if self._is_refusing and not self._is_busy and not self.transport.is_closing():
            self.send_400_response(REASON)

    @property
    def _is_busy(self) -> bool:
        return self._answering is not None and not self._answering.response_complete

    def _refuse(self) -> None:
        """Refuse an invalid request, once the requests before it have been answered."""
        self._is_refusing = True
        is_within_body = not self._is_reading_head
        if is_within_body and self.cycle is not self._answering:
            # The broken request waits as the newest of the pipeline, and must not be answered.
            self.pipeline.popleft()
        if not self._is_busy or (is_within_body and self.cycle is self._answering):
            self.send_400_response(REASON)
