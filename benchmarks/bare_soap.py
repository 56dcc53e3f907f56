"""The reference for messages: a bare Starlette route that opens the same envelope, parses the same message, answers."""

from __future__ import annotations

import sys

import defusedxml.ElementTree
import hl7
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

ACK = (
    b'<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Body>'
    b'<ns2:acceptMessageResponse xmlns:ns2="http://wsssl.hl7api.patientsknowbest.com/"><return>'
    b"MSH|^~\\&amp;|HL7API|PKB|PAS|X|20260310101500+0000||ACK^A28|PKB-20260310101500+0000|P|2.4&#xD;MSA|AA|1"
    b"</return></ns2:acceptMessageResponse></S:Body></S:Envelope>"
)


async def accept(request: Request) -> Response:
    root = defusedxml.ElementTree.fromstring(await request.body(), forbid_dtd=True)
    text = next(root.iter("arg0")).text or ""
    hl7.parse("\r".join(text.split("\n")))
    return Response(ACK, media_type="text/xml;charset=utf-8")


routes = [
    Route("/_sandbox/health/ready", lambda request: PlainTextResponse("ready")),
    Route("/services/hl7", accept, methods=["POST"]),
]

if __name__ == "__main__":
    options = {
        "http": "httptools",
        "loop": "uvloop",
        "ws": "none",
        "lifespan": "off",
        "log_config": None,
        "access_log": False,
    }
    uvicorn.Server(uvicorn.Config(Starlette(routes=routes), port=int(sys.argv[1]), **options)).run()
