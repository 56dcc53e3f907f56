"""The reference for tokens: a bare Starlette route that reads the form, signs a token of the same size, and answers."""

from __future__ import annotations

import json
import sys
import time
import uuid
from urllib.parse import parse_qsl

import jwt
import uvicorn
from cryptography.hazmat.primitives.asymmetric import rsa
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
REALM = "/auth/realms/pkb/protocol/openid-connect/token"


async def issue(request: Request) -> Response:
    form = dict(parse_qsl((await request.body()).decode()))
    now = int(time.time())
    claims = {"iss": f"http://127.0.0.1{REALM}", "sub": form["client_id"], "client_id": form["client_id"]}
    claims |= {"jti": str(uuid.uuid4()), "azp": form["client_id"], "scope": "fhir_reader fhir_writer"}
    token = jwt.encode({**claims, "iat": now, "exp": now + 300}, KEY, algorithm="RS256", headers={"kid": "bare"})
    content = {"access_token": token, "expires_in": 300, "token_type": "Bearer"}
    return Response(json.dumps(content), media_type="application/json", headers={"Cache-Control": "no-store"})


routes = [
    Route("/_sandbox/health/ready", lambda request: PlainTextResponse("ready")),
    Route(REALM, issue, methods=["POST"]),
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
