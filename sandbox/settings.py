"""Define every setting as one row: name, default and help, for the command line, environment, file and docs."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

from sandbox import facts
from sandbox.errors import Invalid

OBSERVATIONS, DOCUMENTS, OTHERS = facts.value("facade.limits")
"""The most results of a Facade search without `_count`."""
SEARCH_PARAMETERS, SEARCH_LIST, CHAIN_STEPS, CHAINS = facts.value("search.too-much")
PATCH_OPERATIONS, PATCH_COPIED = facts.value("customer.patch-limit")


PORT, CENTURY = 65_535, 3_155_760_000
"""The last port, and the seconds of a hundred years: no time-out or lifetime is longer."""


def row(
    default: Any, text: str, *, choices: tuple[str, ...] = (), least: int | None = 1, most: int | None = None
) -> Any:
    """Define a setting; `least` and `most` are the bounds of a whole number, None where there is none."""
    return field(default=default, metadata={"help": text, "choices": choices, "least": least, "most": most})


def bounds_in_words(least: int, most: int | None) -> str:
    return f"{least} or more" if most is None else f"from {least} to {most}"


IMPLIED_BY_STRICT = ("strict_demographics", "strict_references", "strict_partner_alias", "api_refs_required")
"""The narrower settings that `strict` turns on."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Settings of a server. Each is `--name` of `serve`, `PKB_SANDBOX_NAME`, and a key of the file of `--config`."""

    host: str = row(
        "127.0.0.1", "Address to listen on; any other than loopback requires the admin token for control calls."
    )
    port: int = row(8080, "Port to listen on; 0 = choose a free port and print it.", least=0, most=PORT)
    ready_file: str = row("", "File to write the base URL to when the server is ready; removed at start and at stop.")
    capability_statement: tuple[str, ...] = row(
        (),
        "CapabilityStatement for an endpoint to serve, enforce and seed, as <endpoint>=FILE; repeatable.",
    )
    world: str = row(
        "default", "Starting state: name of a supplied world, TOML file, or folder or file written by `generate`."
    )
    data: str = row("", "File that keeps everything over a stop or a crash; default: memory only.")
    seed: int | None = row(
        None, "Random seed that makes ids and tokens the same in every run; default: a new one each run.", least=None
    )
    clock: str = row("real", "Clock: `real`, or the ISO 8601 time at which to freeze it.")
    base_url: str = row("", "Base URL for links in responses; default: the address that the client used.")
    tls: bool = row(
        False, "Serve HTTPS only, with a certificate from a local authority for PKB's host names and localhost."
    )
    tls_dir: str = row(
        "", "Folder of the local certificate authority; default: beside --data, else the user's data directory."
    )
    tls_cert: str = row("", "Your own certificate chain in PEM, instead of the local authority's; turns HTTPS on.")
    tls_key: str = row("", "Unencrypted private key of --tls-cert, in PEM.")
    tls_name: tuple[str, ...] = row(
        (), "Further host name or IP address for the local authority's certificate; repeatable."
    )
    hl7_port: int | None = row(
        None,
        "Second port, for the HL7 API only, like PKB's 7443; 0 = none; default: 7443 with HTTPS, else none.",
        least=0,
        most=PORT,
    )
    mllp_port: int = row(0, "Port of an MLLP listener, which PKB does not offer; 0 = off.", least=0, most=PORT)
    data_journal: bool = row(False, "Keep the journal too in the file of --data, within its usual limits.")
    mllp_credential: str = row(
        "", "HL7 user that MLLP messages are attributed to; default: the first organisation's user."
    )
    admin_token: str = row("", "Token required on every control call; default: no token needed from loopback.")
    admin_token_file: str = row("", "File that contains the admin token, for example a container secret.")
    strict: bool = row(
        False,
        "Reject requests that PKB might reject but the sandbox normally accepts; turns on the other strict settings.",
    )
    trust_proxy: bool = row(False, "Trust Forwarded and X-Forwarded-* headers from any peer, not only from loopback.")
    facade_limit_observation: int = row(
        OBSERVATIONS, "Maximum number of Observations in a Facade search without _count."
    )
    facade_limit_document_reference: int = row(
        DOCUMENTS, "Maximum number of DocumentReferences in a Facade search without _count."
    )
    facade_limit_other: int = row(
        OTHERS, "Maximum number of resources of other types in a Facade search without _count."
    )
    http_parser: str = row(
        "auto",
        "Library that reads HTTP: httptools is fast; auto = h11 where it is not installed. Both answer alike.",
        choices=("auto", "httptools", "h11"),
    )
    event_loop: str = row(
        "auto",
        "Library that runs the server: uvloop is fast; auto = asyncio where it is not installed.",
        choices=("auto", "uvloop", "asyncio"),
    )
    getpages_seconds: int = row(
        facts.value("facade.getpages"), "Lifetime in seconds of the next-page links of a Facade search.", most=CENTURY
    )
    cors_origin: tuple[str, ...] = row(
        (),
        "Origin whose web pages may call OAuth, Custom REST or FHIR; * = any (development only); repeatable.",
    )
    max_checkpoints: int = row(100, "Maximum number of checkpoints of one world; one more gets 409.", least=0)
    max_workspaces: int = row(1000, "Maximum number of workspaces at once, not counting the default one.")
    session_seconds: int = row(0, "Lifetime of an API session in seconds; 0 = never expires.", least=0, most=CENTURY)
    max_body_bytes: int = row(
        facts.value("frontend.body-limit"), "Maximum size of a request body in bytes; a larger body gets 413."
    )
    max_search_parameters: int = row(SEARCH_PARAMETERS, "Maximum number of parameters of a FHIR search; more get 400.")
    max_search_list: int = row(SEARCH_LIST, "Maximum number of values in one list of a FHIR search; more get 400.")
    max_search_values: int = row(
        facts.value("search.values"), "Maximum number of values of a FHIR search, all lists together; more get 400."
    )
    max_search_characters: int = row(
        facts.value("search.long-value"), "Maximum number of characters of one value of a FHIR search; more get 400."
    )
    max_search_form_bytes: int = row(
        facts.value("search.form"), "Maximum size in bytes of the form of a FHIR search by POST; a larger one gets 413."
    )
    max_search_steps: int = row(
        facts.value("search.steps"),
        "Maximum number of comparisons in the FHIR searches of one request; more get 400 too-costly.",
    )
    max_chain_steps: int = row(CHAIN_STEPS, "Maximum number of steps of a chained FHIR search parameter; more get 400.")
    max_chains: int = row(CHAINS, "Maximum number of chains of a FHIR search, for each target type; more get 400.")
    max_included: int = row(
        facts.value("search.include"),
        "Maximum number of resources that includes add to a FHIR search; others are left out.",
    )
    max_bundle_entries: int = row(
        facts.value("customer.bundle-entries"), "Maximum number of entries of a batch or transaction; more get 413."
    )
    max_patch_operations: int = row(PATCH_OPERATIONS, "Maximum number of operations of a JSON Patch; more get 413.")
    max_patch_copied: int = row(
        PATCH_COPIED, "Maximum number of characters that the copies of a JSON Patch add; more get 413."
    )
    max_searchable_values: int = row(
        facts.value("customer.searchable-values"),
        "Maximum number of values of one FHIR resource that searches find; a resource with more gets 413.",
    )
    header_timeout: int = row(
        facts.value("frontend.header-timeout"),
        "Seconds in which the headers of a request must arrive, else 408.",
        most=CENTURY,
    )
    body_timeout: int = row(
        facts.value("frontend.body-timeout"),
        "Seconds without a byte of an unfinished body after which it gets 408.",
        most=CENTURY,
    )
    mllp_timeout: int = row(
        facts.value("hl7.mllp")[0],
        "Seconds in which an MLLP message, or its next 64 KiB, must arrive, else AE.",
        most=CENTURY,
    )
    send_timeout: int = row(
        facts.value("frontend.send-timeout"),
        "Seconds in which a client must take an answer, or its next 64 KiB, else its connection is closed.",
        most=CENTURY,
    )
    max_connections: int = row(
        facts.value("frontend.connections"), "Maximum number of HTTP connections at once; one more gets 503."
    )
    max_pending_bytes: int = row(
        facts.value("frontend.pending-bodies"),
        "Maximum bytes of unfinished bodies and MLLP messages together, without the first 20 KiB of each; else 503.",
    )
    max_body_parts: int = row(
        facts.value("frontend.body-parts"),
        "Maximum number of commas and opening brackets in a body of JSON, or of tags in one of XML; more get 413.",
    )
    max_queued_bytes: int = row(
        facts.value("frontend.queued-bodies"),
        "Maximum bytes of large bodies that wait for their turn, since they are answered one by one; else 503.",
    )
    max_unsent_bytes: int = row(
        facts.value("frontend.unsent-answers"),
        "Maximum bytes of answers that clients have not taken; for more, the one that waits longest is closed.",
    )
    journal_exchanges: int = row(
        10_000, "Maximum number of exchanges in the journal, for all worlds together; the oldest are dropped."
    )
    journal_bytes: int = row(
        64 * 1024 * 1024, "Maximum size of the journal in bytes of memory, for all worlds together."
    )
    pending_cells: str = row(
        "deny", "Decision for cells of the access matrix that PKB lists as pending.", choices=("deny", "allow")
    )
    check_nhs_number: bool = row(True, "Ignore invalid national patient numbers in HL7 messages.")
    nhs_login_links: bool = row(True, "Add assertedLoginIdentity to the links that take a patient to a partner.")
    plain_login_identity: bool = row(
        False, "Accept an e-mail address as assertedLoginIdentity from any machine, not only from loopback."
    )
    strict_demographics: bool = row(False, "Require date of birth and sex when a message creates a patient.")
    invite_on_first_email: bool = row(
        True, "Send an invitation when an existing record gains its first e-mail address."
    )
    a08_roadmap: bool = row(False, "Let ADT^A08 update the event that ZVN identifies, as PKB has announced.")
    legacy_last_data_point_shape: bool = row(
        False, "Return $date-of-last-data-point as PKB's page prints it, which is not valid FHIR."
    )
    messaging_bundle: bool = row(False, "Accept Bundles as messages too, as PKB's unreleased roadmap describes.")
    aggregation_delay: int = row(
        0, "Delay in seconds before a Customer's resource appears in Aggregated; 0 = no delay.", least=0, most=CENTURY
    )
    aggregated_all_mapped: bool = row(
        False, "Include PKB's encounters, allergies, results, messages and care plans in Aggregated."
    )
    raw_fullurl: bool = row(
        False, "Return fullUrl in Aggregated as PKB does: an internal address that clients cannot reach."
    )
    gp_roadmap: bool = row(False, "Store the general practitioner from PD1 and ROL, as PKB has announced.")
    nk1_roadmap: bool = row(False, "Store next of kin from NK1, as PKB has announced.")
    strict_references: bool = row(
        False, "Reject references to resources that the Customer endpoint does not contain, with 422."
    )
    strict_partner_alias: bool = row(False, "Reject a partner's MSH-4 that is not in the form alias{alias}.")
    api_refs_required: bool = row(
        False, "Reject measurement reads without apiRefs, as a newer page of the Custom REST API requires."
    )

    def __post_init__(self) -> None:
        """Raises Invalid for a number out of its bounds."""
        for name, (least, most) in BOUNDS.items():
            value = getattr(self, name)
            if value is not None and (value < least or (most is not None and value > most)):
                bounds = bounds_in_words(least, most)
                raise Invalid(f"--{name.replace('_', '-')} {value}: must be {bounds}")
        if self.strict:
            for name in IMPLIED_BY_STRICT:
                object.__setattr__(self, name, True)


SETTINGS = fields(Settings)
"""The rows, in the order in which the documentation lists them."""

BOUNDS = {
    setting.name: (setting.metadata["least"], setting.metadata["most"])
    for setting in SETTINGS
    if setting.type in ("int", "int | None") and setting.metadata["least"] is not None
}
"""Whole number → the least and the most that it may be, None for no limit."""
