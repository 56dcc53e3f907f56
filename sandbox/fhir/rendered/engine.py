"""Build routes from a statement: only what it lists is routed, and other requests get the endpoint's own refusal."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from functools import partial

from starlette.responses import Response

from sandbox.access.matrix import NotOffered
from sandbox.access.principal import Principal
from sandbox.errors import Forbidden, MethodNotAllowed, NotFound, SandboxError, Unsupported
from sandbox.fhir.base.caller import admit, identify
from sandbox.fhir.base.capability import Capabilities, FhirOperation, Interaction, Offered
from sandbox.fhir.base.endpoints import FhirEndpoint, action_of
from sandbox.fhir.base.outcome import error_response
from sandbox.fhir.base.responses import check_accept
from sandbox.fhir.base.subject import subject_of
from sandbox.fhir.base.viewer import Viewer
from sandbox.fhir.rendered.capabilities import capabilities
from sandbox.fhir.rendered.invocation import Invocation, OperationHandler, definition
from sandbox.fhir.rendered.pages import later_page
from sandbox.fhir.rendered.read import read_rendered
from sandbox.fhir.rendered.search_type import checked_query, search_type
from sandbox.fhir.rendered.sources import ResourceSource
from sandbox.http.call import Call
from sandbox.http.front_end import FrontEnd
from sandbox.http.routes import Handler, Route
from sandbox.worlds.workspaces import Workspaces

NOT_BUILT = "{} is not implemented"


class Engine:
    """One endpoint: its row, its statement's offer, its sources of resources, and its operations."""

    def __init__(
        self,
        endpoint: FhirEndpoint,
        offered: Capabilities,
        sources: Mapping[str, ResourceSource],
        operations: Mapping[tuple[str, str], OperationHandler],
    ) -> None:
        self.endpoint = endpoint
        self.offered = offered
        self.sources = sources
        self.operations = operations

    def front_end(self, workspaces: Workspaces) -> FrontEnd:
        return FrontEnd(
            api=self.endpoint.api,
            workspaces=workspaces,
            routes=tuple(self.routes()),
            identify=identify,
            subject_of=subject_of,
            dialect=self._dialect,
            fallback=self._not_offered,
            repeats=True,
        )

    def routes(self) -> list[Route]:
        """Build the routes of the statement; operations come before instances, because `$name` could be read as an
        id.
        """
        routes = [Route("GET", "/metadata", self._capabilities, "capabilities")]
        if any("search-type" in offered.interactions for offered in self.offered.types.values()):
            routes.append(Route("GET", "/", self._page, "search-type"))
        for operation in self.offered.operations:
            path = f"/{operation.resource}" + ("/{id}" if operation.level == "instance" else "")
            handler = partial(self._operation, operation=operation)
            routes.append(Route(operation.methods, f"{path}/${operation.name}", handler, f"${operation.name}"))
        for offered in self.offered.types.values():
            for interaction in offered.interactions.values():
                routes += self._interaction_routes(offered, interaction)
        return routes

    def _interaction_routes(self, offered: Offered, interaction: Interaction) -> list[Route]:
        name = f"{interaction.code} {offered.type}"
        if interaction.code == "read":
            handler: Handler = partial(self._read, offered=offered, interaction=interaction)
            return [Route("GET", f"/{offered.type}/{{id}}", handler, name)]
        if interaction.code == "search-type":
            handler = partial(self._search, offered=offered, interaction=interaction)
            return [
                Route("GET", f"/{offered.type}", handler, name),
                Route("POST", f"/{offered.type}/_search", handler, name),
            ]
        raise ValueError(f"the engine does not know the interaction {interaction.code}")

    def _base(self, call: Call) -> str:
        return f"{call.base_url}{self.endpoint.prefix}"

    def _capabilities(self, call: Call) -> Response:
        call.rests_on(self.offered.standing)
        return capabilities(call, self._base(call), self.offered)

    def _read(self, call: Call, offered: Offered, interaction: Interaction) -> Response:
        # A misspelt operation must not be answered as an unknown id, which would mislead its caller.
        if call.params["id"].startswith(("$", "_")):
            return self._not_offered(call)
        viewer = self._viewer(call, interaction)
        self._check_built(interaction.built, call.operation)
        return read_rendered(call, viewer, offered.type, self.sources[offered.type])

    def _search(self, call: Call, offered: Offered, interaction: Interaction) -> Awaitable[Response]:
        if _asks_for_a_page(call):
            # The action of the original search admits the caller, not that of this address.
            return later_page(call, self._base(call), self.sources, interaction.action)
        viewer = self._viewer(call, interaction)
        if not interaction.built:
            # An invalid query gets PKB's refusal, which comes before the sandbox's own refusal of an unbuilt search.
            checked_query(call, offered)
        self._check_built(interaction.built, call.operation)
        return search_type(call, viewer, self._base(call), offered, interaction.action, self.sources)

    def _page(self, call: Call) -> Response | Awaitable[Response]:
        """Return a page of a search of any type, for a request to the base URL."""
        return later_page(call, self._base(call), self.sources) if _asks_for_a_page(call) else self._not_offered(call)

    def _operation(self, call: Call, operation: FhirOperation) -> Response | Awaitable[Response]:
        if operation.name == "group" and _asks_for_a_page(call):
            return later_page(call, self._base(call), self.sources, operation.action)
        viewer = admit(call, operation.action)
        call.rests_on(operation.standing)
        _check_caller(viewer.caller, operation)
        self._check_built(operation.built, f"{operation.resource}/${operation.name}")
        check_accept(call)
        invocation = Invocation(
            call=call,
            viewer=viewer,
            operation=operation,
            definition=definition(self.endpoint.statement, operation.id),
            offered=self.offered,
            sources=self.sources,
            base=self._base(call),
        )
        return self.operations[operation.resource, operation.name](invocation)

    def _viewer(self, call: Call, interaction: Interaction) -> Viewer:
        """Admit the caller; an interaction without an action is open to everyone."""
        call.rests_on(interaction.standing)
        if interaction.action == "none":
            return Viewer.of(None, call.workspace)
        return admit(call, interaction.action)

    def _check_built(self, built: bool, what: str) -> None:
        if not built:
            raise Unsupported(NOT_BUILT.format(what), rule="facade.not-built")

    def _not_offered(self, call: Call) -> Response:
        """Refuse an interaction that the statement does not list: by the access matrix first, then in the
        endpoint's words.
        """
        type_, *rest = call.path.strip("/").split("/")
        operation = next((part for part in rest if part.startswith("$")), "")
        if call.principal is not None:
            named = operation or ("_search" if rest == ["_search"] else "")
            call.authorise(action_of(call.request.method, type_, named))
        if type_ and type_ not in self.offered.types and type_ != "metadata":
            known_types = ", ".join(self.offered.types)
            raise NotFound(
                f"Unknown resource type '{type_}' - Server knows how to handle: [{known_types}]",
                code="processing" if self.endpoint.dialect.not_offered == 400 else "not-supported",
                rule="facade.unknown-type",
            )
        known_operation = self.offered.operation(type_, operation)
        if known_operation is not None and (len(rest) == 2) == (known_operation.level == "instance"):
            allowed = known_operation.methods
            text = f"{call.request.method} is not allowed for {operation}: allowed are {', '.join(allowed)}"
            raise MethodNotAllowed(text, allowed, rule="facade.operation-verb")
        raise NotOffered("The endpoint does not offer this interaction", rule="facade.not-offered")

    def _dialect(self, call: Call, error: SandboxError) -> Response:
        return error_response(call, error, self.endpoint)


def _asks_for_a_page(call: Call) -> bool:
    return call.request.method in ("GET", "HEAD") and "_getpages" in call.request.query_params


def _check_caller(principal: Principal, operation: FhirOperation) -> None:
    kind = f"{principal.kind}:{principal.scope}" if principal.scope else principal.kind
    if kind not in operation.callers:
        raise Forbidden(
            f"{kind} may not call ${operation.name}",
            code="USER_TYPE_NOT_PERM",
            rule="facade.operation-caller",
            instead=" or ".join(operation.callers) or "no client type may call it",
        )
