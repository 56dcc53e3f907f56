"""The fault rules of the world, each with its hits, and a form for another rule."""

from __future__ import annotations

from starlette.responses import Response

from sandbox.console.browser import check_csrf
from sandbox.console.forms import leave, parse_form, value_of
from sandbox.console.in_process import ControlCallRefused, send_control
from sandbox.console.pages.bench import fault_form, fault_words
from sandbox.console.pages.bench.commands import command
from sandbox.console.rendering import render_page
from sandbox.control.faults import APIS, METHODS
from sandbox.http.call import Call
from sandbox.http.routes import Route
from sandbox.model import Credential

PATH = "/bench/faults"
MOST_CLIENTS = 500
"""Credentials that the form suggests."""


def show_faults(call: Call) -> Response:
    world = call.workspace
    rules = [rule.as_json() for rule in world.faults]
    return render_page(
        call,
        "bench/faults.html",
        title="Faults",
        rules=rules,
        commands=[command(call, f"fault add {fault_words.arguments(rule)}") for rule in rules],
        words=fault_words,
        apis=[(api, fault_words.APIS[api]) for api in APIS],
        methods=METHODS,
        delays=fault_form.DELAYS,
        recipes=fault_form.RECIPES,
        clients=sorted(credential.id for credential in world.store.all(Credential))[:MOST_CLIENTS],
        prefilled=dict(call.request.query_params),
    )


async def add(call: Call) -> Response:
    """Add the rule of a form after the others, which keep their hits. Raises Invalid for a rule that is refused."""
    fields = parse_form(call)
    check_csrf(call, value_of(fields, "_csrf"))
    rule = fault_form.rule_of_form(fields)
    rules = (await send_control(call, "GET", "/faults"))["rules"]
    try:
        await send_control(call, "PUT", "/faults", {"rules": [*rules, rule]})
    except ControlCallRefused as refused:
        # The control call counts the rules; a person sees one form.
        place = f"rules[{len(rules)}]"
        raise ControlCallRefused(
            refused.status, refused.text.replace(f"{place}.", "").replace(place, "the rule")
        ) from None
    return leave(call, PATH, f"The rule acts: {', '.join(fault_words.effects(rule))}.")


ROUTES = (Route("GET", PATH, show_faults, "Faults"), Route("POST", PATH, add, "add a fault rule"))
