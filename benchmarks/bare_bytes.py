"""The reference for reads: a bare Starlette route that sends the bytes of a file.

`python -m benchmarks.bare_bytes FOLDER PORT`
"""

from __future__ import annotations

import sys
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

FILES = {file.name: file.read_bytes() for file in Path(sys.argv[1]).iterdir()}


async def send(request: Request) -> Response:
    return Response(FILES[request.path_params["name"]], media_type="application/fhir+json")


routes = [
    Route("/_sandbox/health/ready", lambda request: PlainTextResponse("ready")),
    Route("/{name}", send),
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
    uvicorn.Server(uvicorn.Config(Starlette(routes=routes), port=int(sys.argv[2]), **options)).run()
