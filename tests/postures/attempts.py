"""Attempts of others at the control API: what reaches the server of each, as browsers, proxies and programs send it.

Browsers are quoted from Chromium: which requests carry `Origin`, and what `Sec-Fetch-*` says
(https://fetch.spec.whatwg.org/#origin-header, https://www.w3.org/TR/fetch-metadata/).
"""

from __future__ import annotations

from dataclasses import dataclass, field

EVIL = "https://evil.example"
JSON_TYPES = ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x")
"""The media types that a page may post to another origin without asking first."""


@dataclass(frozen=True)
class Attempt:
    """Headers of a request, `peer` as the address of its sender, and `host` as the one asked for.

    None stands for the posture's own. `methods` are those that such a sender can use.
    """

    headers: dict[str, str] = field(default_factory=dict)
    peer: str | None = None
    host: str | None = None
    methods: tuple[str, ...] = ("GET", "POST", "DELETE")
    version: str = "1.1"


def _page(site: str, mode: str, destination: str, **headers: str) -> dict[str, str]:
    fetch = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": destination}
    return {**fetch, **{name.replace("_", "-"): value for name, value in headers.items()}}


PAGES = {
    **{
        f"a form of another site, {media_type}": Attempt(
            _page("cross-site", "navigate", "document", Origin=EVIL, Content_Type=media_type), methods=("POST",)
        )
        for media_type in JSON_TYPES
    },
    "a form of a sandboxed frame": Attempt(
        _page("cross-site", "navigate", "document", Origin="null", Content_Type="text/plain"), methods=("POST",)
    ),
    "fetch without CORS": Attempt(
        _page("cross-site", "no-cors", "empty", Origin=EVIL, Content_Type="text/plain"), methods=("POST",)
    ),
    "fetch without CORS, reading": Attempt(_page("cross-site", "no-cors", "empty"), methods=("GET",)),
    "fetch with CORS": Attempt(_page("cross-site", "cors", "empty", Origin=EVIL)),
    "fetch of another port": Attempt(_page("same-site", "cors", "empty", Origin="http://127.0.0.1:3000")),
    "fetch of a file or sandboxed frame": Attempt(_page("cross-site", "cors", "empty", Origin="null")),
    "fetch of an older browser": Attempt({"Origin": EVIL}),
    "a beacon": Attempt(
        _page("cross-site", "no-cors", "empty", Origin=EVIL, Content_Type="text/plain"), methods=("POST",)
    ),
    "a picture": Attempt(_page("cross-site", "no-cors", "image"), methods=("GET",)),
    "a script": Attempt(_page("cross-site", "no-cors", "script"), methods=("GET",)),
    "a module": Attempt(_page("cross-site", "cors", "script", Origin=EVIL), methods=("GET",)),
    "a style sheet": Attempt(_page("cross-site", "no-cors", "style"), methods=("GET",)),
    "an object": Attempt(_page("cross-site", "no-cors", "object"), methods=("GET",)),
    "a frame": Attempt(_page("cross-site", "navigate", "iframe"), methods=("GET",)),
    "a link": Attempt(_page("cross-site", "navigate", "document"), methods=("GET",)),
    "a prefetch": Attempt(_page("cross-site", "no-cors", "empty", Sec_Purpose="prefetch"), methods=("GET",)),
    "a service worker": Attempt(
        _page("cross-site", "same-origin", "serviceworker", Service_Worker="script"), methods=("GET",)
    ),
    "a stream of events": Attempt(_page("cross-site", "cors", "empty", Origin=EVIL), methods=("GET",)),
    "a web socket": Attempt(
        {
            "Origin": EVIL,
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        },
        methods=("GET",),
    ),
    "a name bound again to this machine": Attempt(
        _page("same-origin", "cors", "empty", Origin="http://evil.example:8080"), host="evil.example:8080"
    ),
    "a name bound again, without Origin": Attempt(host="evil.example:8080"),
    "a page under a name of localhost": Attempt(
        _page("same-origin", "cors", "empty", Origin="http://evil.localhost:8080"), host="evil.localhost:8080"
    ),
}
"""Pages of strangers, in a browser on the machine of the sandbox."""

NAMES = {
    f"the host name {name}": Attempt(host=f"{name}:8080")
    for name in (
        "northmoor-r4.fhir-api.localhost",
        "aggregated-fhir.localhost",
        "iam.localhost",
        "oauth2.localhost",
        "northmoor-r4.fhir-api.sandbox.patientsknowbest.com",
    )
}
"""Host names of PKB's APIs: they lead to the same server."""

PROXIED = {
    "a proxy that says so": Attempt({"X-Forwarded-For": "198.51.100.7"}),
    "a proxy with the right Host": Attempt({"X-Forwarded-Proto": "https"}, host="tests.example"),
    "a proxy that keeps quiet, with the right Host": Attempt(host="tests.example"),
    "nginx as it comes": Attempt({"Connection": "close"}, version="1.0"),
    "a caller who forwards itself": Attempt({"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Host": "localhost"}),
    "a caller who is Forwarded from here": Attempt({"Forwarded": 'for=127.0.0.1;host="localhost:8080"'}),
}
"""Requests of strangers that a proxy on this machine passes on."""

NETWORK = {
    "another machine": Attempt(peer="198.51.100.7", host="192.0.2.1:8080"),
    "another machine, by a loopback name": Attempt(peer="198.51.100.7", host="localhost:8080"),
    "another machine that forwards itself": Attempt(
        {"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Host": "localhost"}, peer="198.51.100.7", host="localhost"
    ),
    "another machine with a wrong token": Attempt(
        {"Authorization": "Bearer wrong"}, peer="198.51.100.7", host="localhost"
    ),
    "another machine, by IPv6": Attempt(peer="2001:db8::7", host="localhost:8080"),
}
"""Callers on the network."""

ATTEMPTS = {**PAGES, **NAMES, **PROXIED, **NETWORK}
