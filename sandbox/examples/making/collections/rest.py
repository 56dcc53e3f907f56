"""The operations of the Custom REST API as a collection for Bruno; the other tools' files stand in `fixtures/rest/`."""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.examples.making.collections.request import DEFAULTS, Collection, CollectionRequest, variable
from sandbox.rest.requests import ADMIN, NOW, RESET, SIGN_INS, TOKEN_PATH, RestExample, SignIn, examples

SOURCE = "http://dev.patientsknowbest.com/home/rest-api"


def rest_collection() -> Collection:
    """Build the collection: sign-in requests, then a request for each operation, those that create an object first."""
    makers = [example for example in examples() if example.operation.gives]
    others = [example for example in examples() if not example.operation.gives]
    signed_in = [request for sign_in in SIGN_INS.values() for request in _sign_in(sign_in)]
    requests = (_reset(), *signed_in, *map(_request, (*makers, *others)))
    return Collection(name="rest", title="PKB Sandbox: Custom REST API", variables=DEFAULTS, requests=requests)


def _reset() -> CollectionRequest:
    return CollectionRequest(
        folder="Start",
        name="Reset the sandbox",
        title="Restore the starting state, to repeat what succeeds only once. Not part of PKB.",
        method="POST",
        path=RESET,
        headers={"Content-Type": "application/json"},
        body='{"reset": ["store"]}',
        bearer=ADMIN,
        statuses=(200,),
        source="",
    )


def _sign_in(sign_in: SignIn) -> Iterator[CollectionRequest]:
    client = sign_in.client
    body = f'{{"client_id": "{client["client_id"]}", "redirect_uri": "{client["redirect_uri"]}"}}'
    yield CollectionRequest(
        folder="Sign in",
        name=f"{sign_in.name} approves",
        title=f"Act as {sign_in.person}, on the page that asks for consent. Not part of PKB.",
        method="POST",
        path=sign_in.approve_path,
        headers={"Content-Type": "application/json"},
        body=body,
        bearer=ADMIN,
        statuses=(200,),
        stores={f"{sign_in.name}Code": "code"},
        source="",
    )
    yield CollectionRequest(
        folder="Sign in",
        name=f"{sign_in.name} signs in",
        title="Exchange the code for a token.",
        method="POST",
        path=TOKEN_PATH,
        form={"grant_type": "authorization_code", **client, "code": variable(f"{sign_in.name}Code")},
        statuses=(200,),
        stores={sign_in.variable: "access_token"},
        source=SOURCE,
    )


def _request(example: RestExample) -> CollectionRequest:
    operation = example.operation
    headers = {"Accept": "*/*" if "file" in operation.answers else "application/json"}
    if example.body is not None:
        headers["Content-Type"] = "application/json"
    return CollectionRequest(
        folder="Operations",
        name=f"{operation.method} {operation.path}",
        title=f"{operation.text}.",
        method=operation.method,
        path=example.path.replace(NOW, "example"),
        headers=headers,
        body=example.body_text.replace(NOW, "example") if example.body is not None else "",
        bearer=example.token,
        statuses=(example.status,),
        stores={operation.gives: "id"} if operation.gives else {},
        source=operation.source,
    )
