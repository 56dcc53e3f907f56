"""Every setting is one row: name, default, help. The command line, the environment, the file and the docs read them."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

from sandbox import facts

OBSERVATIONS, DOCUMENTS, OTHERS = facts.value("facade.limits")
"""The most results of a Facade search without `_count`."""


def row(default: Any, text: str, *, choices: tuple[str, ...] = (), later: bool = False) -> Any:
    """A setting. `later` marks one whose capability is not built yet: giving it is refused."""
    return field(default=default, metadata={"help": text, "choices": choices, "later": later})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How one server runs. Each is `--name` of `serve`, `PKB_SANDBOX_NAME`, and a key of the file of `--config`."""

    host: str = row("127.0.0.1", "Address to listen on; anything but loopback puts control behind the admin token.")
    port: int = row(8080, "Port to listen on; 0 takes any free one and prints it.")
    ready_file: str = row("", "File to write the base URL to when ready; removed at start and at stop.")
    capability_statement: tuple[str, ...] = row(
        (),
        "Statement for an endpoint, as <endpoint>=FILE: served, obeyed, and filled with synthetic resources. "
        "More than one may be given.",
    )
    world: str = row(
        "default", "Starting state: a name that comes with the sandbox, a TOML file, or a folder of `generate`."
    )
    data: str = row("", "File to keep the record in; default is memory only.", later=True)
    seed: int | None = row(None, "Number that makes ids and tokens the same in every run.")
    clock: str = row("real", "Time: real, or an ISO 8601 instant to stand still at.")
    base_url: str = row("", "Base of the links in answers; default is the address that the client used.")
    tls: bool = row(False, "Serve HTTPS with certificates of a local authority.", later=True)
    hl7_port: int = row(0, "Second port for the HL7 API, as PKB's 7443.", later=True)
    mllp_port: int = row(0, "Port of an MLLP listener, a convenience that PKB does not have; 0 is off.")
    mllp_credential: str = row(
        "", "HL7 user name that MLLP messages count as; default is the first of an organisation."
    )
    admin_token: str = row("", "Token that every control call must carry; without one, loopback needs none.")
    admin_token_file: str = row("", "File that holds the admin token, as container secrets do.")
    strict: bool = row(False, "Refuse what PKB may refuse and the sandbox lets pass.", later=True)
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
    getpages_seconds: int = row(
        facts.value("facade.getpages"), "Lifetime in seconds of the next-page links of a Facade search."
    )
    cors_origin: tuple[str, ...] = row(
        (),
        "Origin whose web pages may call OAuth, Custom REST and FHIR, or * for any, in development only. "
        "More than one may be given.",
    )
    session_seconds: int = row(0, "Life of an API session that a user or coordinator granted; 0 is for ever.")
    max_body_bytes: int = row(
        facts.value("frontend.body-limit"), "Largest request body; a larger one is answered with 413."
    )
    pending_cells: str = row(
        "deny", "What happens to cells of the access matrix that PKB calls pending.", choices=("deny", "allow")
    )
    check_nhs_number: bool = row(True, "Ignore national numbers of HL7 messages that are not valid.")
    nhs_login_links: bool = row(True, "Add assertedLoginIdentity to the links that a patient would follow to partners.")
    plain_login_identity: bool = row(
        False, "Accept an e-mail address as assertedLoginIdentity from other machines too, not only on loopback."
    )
    strict_demographics: bool = row(False, "Demand date of birth and sex when a message creates a patient.")
    invite_on_first_email: bool = row(True, "Add the first e-mail of an existing record, and invite its owner.")
    a08_roadmap: bool = row(False, "Let ADT^A08 update an event in place, as PKB has announced, chosen by ZVN.")
    legacy_last_data_point_shape: bool = row(
        False, "Answer $date-of-last-data-point in the shape that PKB's page prints, which is no legal FHIR."
    )
    messaging_bundle: bool = row(False, "Take messages as Bundles too, as PKB's unreleased roadmap describes.")
    aggregation_delay: int = row(0, "Seconds until what a Customer sends shows in Aggregated; 0 is at once.")
    aggregated_all_mapped: bool = row(
        False, "Show encounters, allergies, results, messages and care plans of PKB in Aggregated as well."
    )
    raw_fullurl: bool = row(False, "Give fullUrl in Aggregated as PKB does: an address inside PKB that leads nowhere.")
    gp_roadmap: bool = row(False, "Keep the general practitioner that PD1 and ROL name, as PKB has announced.")
    nk1_roadmap: bool = row(False, "Keep next of kin from NK1, as PKB has announced.")
    strict_references: bool = row(
        False, "Refuse references to resources that a Customer endpoint does not hold, with 422."
    )
    strict_partner_alias: bool = row(False, "Refuse a partner's MSH-4 that is not written as alias{alias}.")
    api_refs_required: bool = row(
        False, "Refuse reads of measurements that name no apiRefs, as a newer page of the Custom REST API has it."
    )


SETTINGS = fields(Settings)
"""The rows, in the order in which the documentation lists them."""
