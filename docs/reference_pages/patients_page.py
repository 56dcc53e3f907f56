"""The page of the people in the default world: who is there, why, and which of them to use for which test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from reference_pages.writing import Page, Section, code, plain, table
from sandbox import Sandbox
from sandbox.base import datafiles

Json = dict[str, Any]
AT = "2026-03-10T10:15:00Z"
WORLD = "fixtures/worlds/default.toml"
USES = Path(__file__).resolve().parent / "patients.toml"
PUBLIC_ID = "http://fhir.patientsknowbest.com/id/public-id"
NOT_DATA = ("consents", "attachments")
"""Lists of a record that are not data of the patient's."""


class Cast:
    """The default world as a running sandbox shows it: people, records, and who reads whom."""

    def __init__(self) -> None:
        seeded = datafiles.read_toml(datafiles.path(WORLD))
        self.passwords = {row["id"]: row["password"] for row in seeded["patient"] if "password" in row}
        with (
            Sandbox(mode="asgi", seed=1, clock=AT) as pkb,
            httpx.Client(transport=pkb.client("hl7-org")._transport, base_url=pkb.base_url) as client,
        ):
            self.world: Json = client.get("/_sandbox/world").json()
            self.records = {row["id"]: client.get(f"/_sandbox/records/{row['id']}").json() for row in self.patients}
            self.readers = dict(_readers(client, pkb, self.world))

    @property
    def patients(self) -> list[Json]:
        return list(self.world["patients"])

    def name(self, id_: str) -> str:
        """Return the name of a team, organisation, user or patient."""
        teams = [team for organisation in self.world["organisations"] for team in organisation["teams"]]
        rows = [*teams, *self.world["organisations"], *self.world["users"], *self.world["patients"]]
        return next((str(row["name"]) for row in rows if row["id"] == id_), id_)


def _readers(client: httpx.Client, pkb: Any, world: Json) -> Iterator[tuple[str, set[str]]]:
    """Yield a caller, and the patients whom it reads: asked of the Facade and of Aggregated."""
    patients = [row["id"] for row in world["patients"]]
    token = pkb.token("system-client")
    for organisation in world["organisations"][:2]:
        headers = {"Authorization": f"Bearer {token}", "X-Org-Public-Id": organisation["id"]}
        read = {id_ for id_ in patients if client.get(f"/fhir/Patient/{id_}", headers=headers).status_code == 200}
        yield f"Facade, Letterbox for {organisation['name']}", read
    for organisation in world["organisations"][:2]:
        form = {"grant_type": "client_credentials", **_feed(client, organisation["id"])}
        answer = client.post("/auth/realms/pkb/protocol/openid-connect/token", data=form).json()
        headers = {"Authorization": f"Bearer {answer['access_token']}"}
        read = {id_ for id_ in patients if _is_found(client, id_, headers)}
        yield f"Aggregated, {organisation['name']}", read


def _feed(client: httpx.Client, organisation: str) -> dict[str, str]:
    """Return id and secret of the Customer System Client of an organisation."""
    rows = client.get("/_sandbox/credentials").json()["credentials"]
    feeds = [row for row in rows if row["kind"] == "customer-system-client"]
    feed = next(row for row in feeds if row["organisation"]["id"] == organisation)
    return {"client_id": feed["client_id"], "client_secret": feed["client_secret"]}


def _is_found(client: httpx.Client, patient: str, headers: dict[str, str]) -> bool:
    query = {"identifier": f"{PUBLIC_ID}|{patient}"}
    return bool(client.get("/aggregated/fhir/Patient", params=query, headers=headers).json().get("entry"))


def patients() -> Page:
    """Return the page."""
    cast = Cast()
    opening = (
        f"{len(cast.patients)} invented people live in the default world, each for a reason. NHS numbers are from the "
        "test range 999; passwords are public and open this sandbox only. `GET /_sandbox/world` lists the same people, "
        "`GET /_sandbox/records/{patient}` shows a record. Generated people: [synthetic data](synthetic-data.md)."
    )
    return Page(
        "Patients of the default world",
        opening,
        (
            Section("Who is there", _at_a_glance(cast)),
            Section("Whom to use", _uses(cast)),
            Section("Who reads whom", _who_reads(cast)),
            Section("Records", _records(cast)),
            Section("Sign-in", _sign_in(cast)),
            Section("Organisations", _organisations(cast)),
        ),
    )


def _at_a_glance(cast: Cast) -> Iterator[str]:
    rows = (
        (row["name"], row["nhs_number"] or "none", _local(cast, row), row["date_of_birth"], plain(row["reason"]))
        for row in cast.patients
    )
    yield from table(("patient", "NHS number", "local number", "born", "why"), rows)


def _local(cast: Cast, row: Json) -> str:
    return ", ".join(each["value"] for each in row["identifiers"] if each["type"] != "NHS")


def _uses(cast: Cast) -> Iterator[str]:
    rows = datafiles.read_toml(USES)["use"]
    yield from table(
        ("to test …", "use", "how"), ((row["test"], ", ".join(row["patients"]), plain(row["how"])) for row in rows)
    )


def _who_reads(cast: Cast) -> Iterator[str]:
    yield "Whether a read of the patient succeeds. What a caller sees of the data depends on consent and labels:"
    yield "[who sees what](reference/rules-access.md). Patients who can sign in read their own record, unless their"
    yield "access is frozen."
    yield ""
    rows = [
        (row["name"], *("yes" if row["id"] in read else "no" for read in cast.readers.values()))
        for row in cast.patients
    ]
    yield from table(("patient", *cast.readers), rows)


def _records(cast: Cast) -> Iterator[str]:
    for row in cast.patients:
        record = cast.records[row["id"]]
        yield f"### {row['name']}"
        yield ""
        facts = [
            ("public id, legacy id", f"{code(row['id'])}, {code(str(row['legacy_id']))}"),
            ("teams", ", ".join(map(cast.name, row["teams"]))),
            ("consents", "; ".join(_consent(cast, consent) for consent in record["consents"]) or "none"),
            ("data", _data(record) or "none"),
        ]
        yield from table(("", ""), facts)


def _consent(cast: Cast, consent: Json) -> str:
    grantee = consent["grantee"]
    labels = ", ".join(label.replace("_", " ").lower() for label in consent["labels"])
    kind = "" if grantee["kind"] == "team" else f" ({grantee['kind']})"
    return f"{cast.name(grantee['id'])}{kind}: {labels}"


def _data(record: Json) -> str:
    counts = {name: len(rows) for name, rows in record.items() if isinstance(rows, list) and name not in NOT_DATA}
    return ", ".join(f"{count} {_words(name, count)}" for name, count in counts.items() if count)


def _words(name: str, count: int) -> str:
    words = name.replace("_", " ")
    singular = {"allergies": "allergy", "diagnoses": "diagnosis"}
    return singular.get(words, words.removesuffix("s")) if count == 1 else words


def _sign_in(cast: Cast) -> Iterator[str]:
    yield "Patients sign in to the client `stepwise-diary`, professionals to `stepwise-clinic`; see [OAuth](oauth.md)."
    yield ""
    people = [
        (row["name"], "PATIENT", row["email"], cast.passwords[row["id"]])
        for row in cast.patients
        if row["id"] in cast.passwords
    ]
    seeded = datafiles.read_toml(datafiles.path(WORLD))["organisation"]
    passwords = {user["id"]: user["password"] for organisation in seeded for user in organisation.get("user", ())}
    people += [
        (f"{row['name']}, {cast.name(row['team'])}", row["scope"], row["email"], passwords[row["id"]])
        for row in cast.world["users"]
    ]
    rows = ((name, scope, code(email), code(password)) for name, scope, email, password in people)
    yield from table(("person", "scope", "e-mail address", "password"), rows)


def _organisations(cast: Cast) -> Iterator[str]:
    rows = (
        (
            row["name"],
            code(row["id"]),
            "; ".join(f"{team['name']} ({code(team['alias'])})" for team in row["teams"]),
            ", ".join(code(endpoint["name"]) for endpoint in row["endpoints"]),
        )
        for row in cast.world["organisations"]
    )
    yield from table(("organisation", "public id", "teams (alias)", "Customer endpoints"), rows)
