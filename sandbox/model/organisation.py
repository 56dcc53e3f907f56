"""Organisations, their teams, their local identifier types and their options."""

from __future__ import annotations

from dataclasses import dataclass, field

from sandbox.model.codesets import CodeSets

LABELS = ("GENERAL_HEALTH", "MENTAL_HEALTH", "SEXUAL_HEALTH", "SOCIAL_CARE")
"""The privacy labels: exactly one per data point, a set of them per consent and team."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A Customer FHIR endpoint of an organisation. `release` is `stu3` or `r4`.

    PKB configures defaults for a feed: `default_source`, the id of the Organization at this endpoint that is the
    source of Patients without `managingOrganization`, and `default_label`, the privacy label of resources without
    one.
    """

    name: str
    release: str
    default_source: str = ""
    default_label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """PKB's options of one organisation; all off by default.

    `soft_matching` lists the demographics to compare: `date_of_birth`, `family_name`, `given_initial`.
    `notify_nhs_app` and `notify_sms` enable notification channels besides e-mail.
    """

    nhs_status_checking: bool = False
    soft_matching: tuple[str, ...] = ()
    auto_create: bool = False
    notify_nhs_app: bool = False
    notify_sms: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """An organisation: the owner of data. `country` decides its national identifier (GB-ENG: NHS)."""

    id: str
    legacy_id: int
    name: str
    code: str = ""
    country: str = "GB-ENG"
    time_zone: str = "Europe/London"
    default_team: str = ""
    endpoints: tuple[Endpoint, ...] = ()
    options: Options = field(default_factory=Options)
    code_sets: CodeSets = field(default_factory=CodeSets)


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """A team. It may view `labels`; its own data gets `default_label`; ZTM refers to it by `alias`."""

    id: str
    legacy_id: int
    organisation: str
    name: str
    alias: str
    labels: tuple[str, ...] = LABELS
    default_label: str = "GENERAL_HEALTH"


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalIdType:
    """A type of local number, of one organisation or one team. An assigning authority of `*` matches any."""

    id: str
    organisation: str
    name: str
    assigning_authority: str
    type_code: str
    team: str | None = None
