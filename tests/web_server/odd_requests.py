"""Requests as bytes: what RFC 9112 allows, what it does not, and what only one parser would have read."""

from __future__ import annotations

HOST = b"Host: x\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
ABC = b"3\r\nabc\r\n0\r\n\r\n"
UPGRADE = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAA\r\n"


def request(line: bytes, headers: bytes = b"", body: bytes = b"", *, host: bytes = HOST) -> bytes:
    return line + b" HTTP/1.1\r\n" + host + headers + b"\r\n" + body


def posted(headers: bytes, body: bytes) -> bytes:
    return request(b"POST /a", headers, body)


ANSWERED = {
    "a plain request": request(b"GET /a?b=c"),
    "an absolute target": request(b"GET http://other.example:81/a?b=c"),
    "an absolute target without a path": request(b"GET HTTPS://other.example?b"),
    "an asterisk": request(b"OPTIONS *"),
    "two slashes": request(b"GET //a//b"),
    "signs that need no escape for a parser": request(b'GET /a"<>{}|\\^`'),
    "escapes, good and bad": request(b"GET /%zz%41%C3%A9%ff?%zz"),
    "another method": request(b"PROPFIND /a"),
    "HTTP/1.0": b"GET /a HTTP/1.0\r\n\r\n",
    "HTTP/1.0, to be kept": b"GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    "empty lines before it": b"\r\n\r\n" + request(b"GET /a"),
    "an empty host": request(b"GET /a", host=b"Host:\r\n"),
    "bytes beyond ASCII in a value": request(b"GET /a", b"A: \xff\xfe\r\n"),
    "blanks around a value": request(b"GET /a", b"A:  \tb\tc \t \r\n"),
    "a value of blanks": request(b"GET /a", b"A:   \r\nB:\r\n"),
    "an underscore in a name": request(b"GET /a", b"a_b: c\r\n"),
    "a body": posted(b"Content-Length: 3\r\n", b"abc"),
    "a length with a zero": posted(b"Content-Length: 003 \r\n", b"abc"),
    "a body of a GET": request(b"GET /a", b"Content-Length: 3\r\n", b"abc"),
    "a body in chunks": posted(CHUNKED, ABC),
    "chunks with extensions": posted(CHUNKED, b'3;a="b c"\r\nabc\r\n0;d\r\n\r\n'),
    "chunks with blanks": posted(CHUNKED, b"3  \r\nabc\r\n0\r\n\r\n"),
    "headers after the chunks, which are none": posted(CHUNKED, b"3\r\nabc\r\n0\r\nAuthorization: Bearer x\r\n\r\n"),
    "chunks in HTTP/1.0": b"POST /a HTTP/1.0\r\n" + HOST + CHUNKED + b"\r\n" + ABC,
    "an offer of HTTP/2": request(b"GET /a", UPGRADE),
    "an offer of HTTP/2 with a body": posted(b"Content-Length: 3\r\n" + UPGRADE, b"abc"),
    "an offer of HTTP/2 with chunks": posted(CHUNKED + UPGRADE, ABC),
    "an offer of a web socket": request(b"GET /a", b"Connection: Upgrade\r\nUpgrade: websocket\r\n"),
    "an offer, and another request": request(b"GET /a", UPGRADE) + request(b"GET /b"),
    "an offer with a body, and another request": posted(b"Content-Length: 3\r\n" + UPGRADE, b"abc")
    + request(b"GET /b"),
    "requests in a row": request(b"GET /a") + posted(CHUNKED, ABC) + request(b"GET /c"),
    "requests in a row, and then none": request(b"GET /a") + request(b"GET /b") + b"garbage\r\n\r\n",
    "a request after a last one": request(b"GET /a", b"Connection: close\r\n") + request(b"GET /b"),
    "a good request, and a bad body": request(b"GET /a") + posted(CHUNKED, b"zz\r\n"),
    "a wish for a go-ahead": posted(b"Expect: 100-continue\r\nContent-Length: 3\r\n", b"abc"),
    "a wish for a go-ahead in HTTP/1.0": b"POST /a HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc",
    "a wish for a go-ahead without a body": request(b"GET /a", b"Expect: 100-continue\r\n"),
    "another wish": posted(b"Expect: a-lot\r\nContent-Length: 3\r\n", b"abc"),
    "HEAD": request(b"HEAD /a"),
    "a wish to close among others": request(b"GET /a", b"Connection: close, te\r\n"),
    "a head near the limit": request(b"GET /a", b"A: " + b"a" * 65_000 + b"\r\n"),
}
"""What is sent → its bytes. All of it is answered by the application, at least the first request."""

REFUSED = {
    "a fragment": request(b"GET /a?b#c"),
    "an absolute target of another protocol": request(b"GET ftp://other.example/a"),
    "an absolute target with a user": request(b"GET http://user@other.example/a"),
    "CONNECT": request(b"CONNECT other.example:443"),
    "an authority": request(b"GET other.example:443"),
    "no slash": request(b"GET a/b"),
    "a query only": request(b"GET ?a"),
    "a byte beyond ASCII": request(b"GET /\xff"),
    "a control character": request(b"GET /\x01"),
    "a tab in the target": request(b"GET /\t"),
    "a blank in the target": request(b"GET /a b"),
    "an unknown method": request(b"FETCH /a"),
    "a method in small letters": request(b"get /a"),
    "a long method": request(b"A" * 50 + b" /a"),
    "HTTP/0.9": b"GET /a\r\n\r\n",
    "HTTP/0.9, named": b"GET /a HTTP/0.9\r\n\r\n",
    "HTTP/1.2": b"GET /a HTTP/1.2\r\nHost: x\r\n\r\n",
    "HTTP/2.0": b"GET /a HTTP/2.0\r\nHost: x\r\n\r\n",
    "the preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "small letters": b"GET /a http/1.1\r\nHost: x\r\n\r\n",
    "no host": request(b"GET /a", host=b""),
    "two hosts": request(b"GET /a", HOST),
    "two hosts in HTTP/1.0": b"GET /a HTTP/1.0\r\n" + HOST + HOST + b"\r\n",
    "lines without CR": b"GET /a HTTP/1.1\nHost: x\n\n",
    "a header without CR": b"GET /a HTTP/1.1\r\nHost: x\n\r\n",
    "lines without LF": b"GET /a HTTP/1.1\rHost: x\r\r\n\r\n",
    "a blank before it": b" " + request(b"GET /a"),
    "a control character in a value": request(b"GET /a", b"A: a\x01b\r\n"),
    "NUL in a value": request(b"GET /a", b"A: a\x00b\r\n"),
    "DEL in a value": request(b"GET /a", b"A: a\x7fb\r\n"),
    "CR in a value": request(b"GET /a", b"A: a\rb\r\n"),
    "a blank after a name": request(b"GET /a", b"A : b\r\n"),
    "a blank before the first name": b"GET /a HTTP/1.1\r\n A: b\r\n" + HOST + b"\r\n",
    "a value of two lines": request(b"GET /a", b"A: b\r\n c\r\n"),
    "no name": request(b"GET /a", b": b\r\n"),
    "a bracket in a name": request(b"GET /a", b"A(b: c\r\n"),
    "a letter beyond ASCII in a name": request(b"GET /a", b"\xc3\xa9: c\r\n"),
    "no colon": request(b"GET /a", b"abc\r\n"),
    "two lengths": posted(b"Content-Length: 3\r\nContent-Length: 4\r\n", b"abcd"),
    "a length twice": posted(b"Content-Length: 3\r\nContent-Length: 3\r\n", b"abc"),
    "a list of lengths": posted(b"Content-Length: 3, 3\r\n", b"abc"),
    "a length with a sign": posted(b"Content-Length: +3\r\n", b"abc"),
    "an empty length": posted(b"Content-Length:\r\n", b"abc"),
    "an endless length": posted(b"Content-Length: 99999999999999999999999\r\n", b"abc"),
    "a length and chunks": posted(b"Content-Length: 3\r\n" + CHUNKED, ABC),
    "chunks and a length": posted(CHUNKED + b"Content-Length: 3\r\n", ABC),
    "chunks in chunks": posted(CHUNKED + CHUNKED, ABC),
    "another coding": posted(b"Transfer-Encoding: gzip, chunked\r\n", ABC),
    "no coding": posted(b"Transfer-Encoding: identity\r\n", b"abc"),
    "chunks that are none": posted(CHUNKED, b"zz\r\n"),
    "a chunk with a sign": posted(CHUNKED, b"-3\r\nabc\r\n"),
    "a chunk that is too long": posted(CHUNKED, b"2\r\nabc\r\n0\r\n\r\n"),
    "an endless chunk": posted(CHUNKED, b"fffffffffffffffffffff\r\nabc\r\n"),
    "a bad header after the chunks": posted(CHUNKED, b"3\r\nabc\r\n0\r\nabc\r\n\r\n"),
    "an offer of HTTP/2 with a bad body": posted(CHUNKED + UPGRADE, b"zz\r\n"),
    "a head over the limit": request(b"GET /a", b"A: " + b"a" * 66_000 + b"\r\n"),
    "a head over the limit that does not end": b"GET /a HTTP/1.1\r\nA: " + b"a" * 140_000,
    "a target over the limit": request(b"GET /" + b"a" * 66_000),
    "many headers": request(b"GET /a", b"".join(b"A%d: b\r\n" % number for number in range(8000))),
}
"""What is sent → its bytes. The first request is refused with 400, and the connection is closed."""
