"""The catalogue as a Postman collection, for people and for newman: a request for each operation, and its response.

It signs in, and creates the objects that a request needs, so that each request works alone and in any order.
Source: the format, https://schema.getpostman.com/collection/json/v2.1.0/draft-07/docs/index.html
"""

from __future__ import annotations

import json
from typing import Any

from sandbox.base.readable import render_readable
from sandbox.rest.requests import (
    ADMIN,
    BASE,
    DEFAULT_BASE,
    NO_TOKEN,
    RESET,
    SIGN_INS,
    TOKEN_PATH,
    RestExample,
    groups,
    maker_of,
)

Json = dict[str, Any]
SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
DESCRIPTION = (
    "Generated from the catalogue of PKB Sandbox: do not edit. Set baseUrl, and adminToken if the server was started"
    " with one: the collection signs in a patient, a clinician and a coordinator of the default world by itself. If an"
    " environment sets patientToken, clinicianToken or coordinatorToken, that token is used instead. What can be done"
    " only once (a consent record, the end of an account) can be done again after the first request, a reset."
)
START = "start"
"""The folder of requests that are not part of the API."""


def collection() -> str:
    """Return the collection as JSON text."""
    folders = [_folder(START, [_reset()])]
    folders += [_folder(name, [_item(example) for example in examples]) for name, examples in groups().items()]
    tokens = (sign_in.variable for sign_in in SIGN_INS.values())
    content = {
        "info": {"name": "PKB Sandbox: Custom REST API", "description": DESCRIPTION, "schema": SCHEMA},
        "variable": [
            _variable(BASE, DEFAULT_BASE),
            _variable(ADMIN, NO_TOKEN),
            *(_variable(name, "") for name in tokens),
        ],
        "event": [_event("prerequest", _sign_in_script()), _event("test", _forget_tokens_script())],
        "item": folders,
    }
    return render_readable(content) + "\n"


def _variable(name: str, value: str) -> Json:
    return {"key": name, "value": value}


def _folder(name: str, items: list[Json]) -> Json:
    return {"name": name, "item": items}


def _event(listen: str, lines: list[str]) -> Json:
    return {"listen": listen, "script": {"type": "text/javascript", "exec": lines}}


def _reset() -> Json:
    """Build the request that restores the world's starting state, which a second run needs."""
    return {
        "name": f"POST {RESET}",
        "event": [_event("test", _status(200))],
        "request": {
            "method": "POST",
            "url": f"{{{{{BASE}}}}}{RESET}",
            "header": [{"key": "Content-Type", "value": "application/json"}],
            "body": {"mode": "raw", "raw": '{"reset": ["store"]}', "options": {"raw": {"language": "json"}}},
            "auth": _bearer(ADMIN),
            "description": "Restores the sandbox's starting data; not part of PKB. Other requests do not need it.",
        },
    }


def _item(example: RestExample) -> Json:
    operation = example.operation
    request: Json = {
        "method": operation.method,
        "url": f"{{{{{BASE}}}}}{example.path}",
        "header": [],
        "auth": _bearer(example.token),
        "description": f"{operation.text}. Scope: {', '.join(operation.scopes) or 'public'}. {operation.source}",
    }
    if example.body is not None:
        request["header"] = [{"key": "Content-Type", "value": "application/json"}]
        request["body"] = {"mode": "raw", "raw": example.body_text, "options": {"raw": {"language": "json"}}}
    events = [_event("prerequest", _creating_script(example.about))] if example.about else []
    return {
        "name": f"{operation.method} {operation.path}",
        "event": [*events, _event("test", _status(example.status))],
        "request": request,
    }


def _bearer(token: str) -> Json:
    if not token:
        return {"type": "noauth"}
    return {"type": "bearer", "bearer": [{"key": "token", "value": f"{{{{{token}}}}}", "type": "string"}]}


def _status(status: int) -> list[str]:
    return [f"pm.test('answers {status}', () => pm.response.to.have.status({status}));"]


def _sign_in_script() -> list[str]:
    """Build the script that signs in people without a valid token, as on the authorize page."""
    people = [
        {"token": sign_in.variable, "approve": sign_in.approve_path, "client": sign_in.client}
        for sign_in in SIGN_INS.values()
    ]
    return [
        "// Signs in, unless this server issued the tokens less than 25 minutes ago: they expire after 30.",
        f"const people = {json.dumps(people)};",
        f"const base = pm.variables.get('{BASE}');",
        "const FORM = {'Content-Type': 'application/x-www-form-urlencoded'};",
        f"const admin = 'Bearer ' + pm.variables.get('{ADMIN}');",
        "const JSON_TYPE = {'Content-Type': 'application/json', Authorization: admin};",
        "const post = (path, body, done) => pm.sendRequest({",
        "    url: base + path,",
        "    method: 'POST',",
        "    header: body.mode === 'raw' ? JSON_TYPE : FORM,",
        "    body,",
        "}, (error, response) => {",
        "    if (error || response.code !== 200) {",
        "        console.error(`No token: ${path} ${error || response.code + ' ' + response.text()}`);",
        "    } else {",
        "        done(response.json());",
        "    }",
        "});",
        "const alive = pm.collectionVariables.get('signedInAt') === base",
        "    && Date.now() < Number(pm.collectionVariables.get('signedInUntil'));",
        "for (const person of people.filter(person => !alive && !pm.environment.get(person.token))) {",
        "    post(person.approve, {mode: 'raw', raw: JSON.stringify(person.client)}, approved => {",
        "        const sent = {grant_type: 'authorization_code', code: approved.code, ...person.client};",
        "        const form = Object.entries(sent).map(([key, value]) => ({key, value}));",
        f"        post('{TOKEN_PATH}', {{mode: 'urlencoded', urlencoded: form}}, granted => {{",
        "            pm.collectionVariables.set(person.token, granted.access_token);",
        "            pm.collectionVariables.set('signedInAt', base);",
        "            pm.collectionVariables.set('signedInUntil', Date.now() + 25 * 60 * 1000);",
        "        });",
        "    });",
        "}",
    ]


def _forget_tokens_script() -> list[str]:
    """Build the script that drops tokens after a restart of the server."""
    return ["if (pm.response.code === 401) {", "    pm.collectionVariables.unset('signedInAt');", "}"]


def _creating_script(name: str) -> list[str]:
    """Build the script that creates the object of a request and stores its id."""
    maker = maker_of(name)
    return [
        f"// Makes what this request is about: {maker.operation.method} {maker.operation.path}",
        "pm.sendRequest({",
        f"    url: pm.variables.get('{BASE}') + '{maker.path}',",
        f"    method: '{maker.operation.method}',",
        "    header: {",
        "        'Content-Type': 'application/json',",
        f"        Authorization: 'Bearer ' + pm.variables.get('{maker.token}'),",
        "    },",
        # Twice: the body is JSON, in a string of JavaScript.
        f"    body: {{mode: 'raw', raw: {json.dumps(json.dumps(maker.body))}}},",
        f"}}, (error, response) => pm.collectionVariables.set('{name}', response.json().id));",
    ]
