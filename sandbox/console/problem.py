"""The errors of the console, as pages."""

from __future__ import annotations

from http import HTTPStatus

from starlette.responses import RedirectResponse, Response

from sandbox.console.in_process import ControlCallRefused
from sandbox.console.mount import PREFIX
from sandbox.console.rendering import link, render_page
from sandbox.console.signing_in import PATH, SignInNeeded
from sandbox.control.problem import status_of
from sandbox.errors import SandboxError
from sandbox.http.call import Call
from sandbox.http.prefixes import DOCS


def as_page(call: Call, error: SandboxError) -> Response:
    """Return the page of an error: sign-in, where a person can do that and then goes on, else what went wrong."""
    if isinstance(error, SignInNeeded):
        is_page = call.request.method in ("GET", "HEAD")
        # A form cannot be sent again after the sign-in, and without a token there is none to sign in with.
        if call.settings.admin_token and is_page:
            path = call.path if call.path.startswith(f"{DOCS}/") else f"{PREFIX}{call.path}"
            address = path + (f"?{call.request.url.query}" if call.request.url.query else "")
            return RedirectResponse(link(call, PATH, back=address), 303)
        return render_page(call, "problem.html", title="Not for this request", status=401, text=error.text)
    status = error.status if isinstance(error, ControlCallRefused) else status_of(error)
    title = HTTPStatus(status).phrase.capitalize()
    return render_page(call, "problem.html", title=title, status=status, text=error.text)
