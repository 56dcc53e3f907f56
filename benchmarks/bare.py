"""The reference: a bare Starlette application, served as the sandbox is."""

from __future__ import annotations

import sys

import uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

app = Starlette(routes=[Route("/_sandbox/health/ready", lambda request: PlainTextResponse("ready"))])

if __name__ == "__main__":
    config = uvicorn.Config(
        app, port=int(sys.argv[1]), http="httptools", loop="uvloop", ws="none", lifespan="off", log_config=None
    )
    uvicorn.Server(config).run()
