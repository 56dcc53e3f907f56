"""Organisations, their teams, their local identifier types and what each has switched on."""

from __future__ import annotations

from dataclasses import dataclass, field

from sandbox.model.codesets import CodeSets

LABELS = ("GENERAL_HEALTH", "MENTAL_HEALTH", "SEXUAL_HEALTH", "SOCIAL_CARE")
"""The privacy labels: exactly one per data point, a set of them per consent and team."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A Customer FHIR endpoint that an organisation owns. `release` is `stu3` or `r4`.

    What PKB sets up for the feed, for resources that do not say it: `default_source`, the id of the Organization there
    that Patients without `managingOrganization` come from, and `default_label`, the privacy label.
    """

    name: str
    release: str
    default_source: str = ""
    default_label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What PKB switches on for one organisation; all off by default.

    `soft_matching` names the demographics that are compared: `date_of_birth`, `family_name`, `given_initial`.
    `notify_nhs_app` and `notify_sms` open channels of notification beside e-mail.
    """

    nhs_status_checking: bool = False
    soft_matching: tuple[str, ...] = ()
    auto_create: bool = False
    notify_nhs_app: bool = False
    notify_sms: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """An organisation: the owner of data. `country` decides which national identifier is its own (GB-ENG: NHS)."""

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
    """A team: `labels` are those it may view, `default_label` the one that its own data gets, `alias` its ZTM name."""

    id: str
    legacy_id: int
    organisation: str
    name: str
    alias: str
    labels: tuple[str, ...] = LABELS
    default_label: str = "GENERAL_HEALTH"


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalIdType:
    """A kind of hospital number, of one organisation or one team. An assigning authority of `*` matches any."""

    id: str
    organisation: str
    name: str
    assigning_authority: str
    type_code: str
    team: str | None = None
