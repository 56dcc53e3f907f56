"""The evidence pack: what an onboarding team needs to see, as one page that prints, or as an archive with the traffic.

It is made from what the control API shows, in which every secret is masked. Without bodies it holds no content of the
record. The archive holds the page, the report and the exchanges, with the SHA-256 of each in `SHA256SUMS`.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sandbox.base import datafiles
from sandbox.base.readable import render_readable

Json = dict[str, Any]
ControlCall = Callable[..., Any]
MOST_EXCHANGES = 2000
"""Exchanges in a pack; the newest."""
UNNAMED = "Without a scenario"
STEPS = (
    ("Type", "The integration type is chosen: its cells of the access matrix are used."),
    ("APIs", "At least one API is used as the matrix allows."),
    ("Capabilities", "Operations of that API are used and accepted."),
    ("Access", "A token is fetched, or a credential is accepted."),
    ("Hello, world", "A patient's data is sent or read."),
)
"""The steps of PKB's planning page, and what the traffic must show for each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidencePack:
    """What the pack shows. `made_at` is the time of the world; `steps` are names, texts and whether each is shown."""

    version: str
    world: str
    made_at: str
    report: Json
    scenarios: tuple[tuple[str, tuple[Json, ...]], ...]
    dropped: int
    steps: tuple[tuple[str, str, bool], ...]
    with_bodies: bool

    @property
    def error_paths(self) -> list[Json]:
        """The exchanges that were refused, failed or met a fault, such as a lost acknowledgement."""
        return [row for _, rows in self.scenarios for row in rows if row["outcome"] != "accepted" or row["fault"]]

    @property
    def digest(self) -> str:
        """The SHA-256 of the report and the exchanges as JSON."""
        content = json.dumps([self.report, self.scenarios], sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(content.encode()).hexdigest()


def collect(call: ControlCall, report: Json, *, with_bodies: bool) -> EvidencePack:
    """Collect the pack by control calls: `call(method, path, body, query)` returns the JSON of the answer."""
    journal = call("GET", "/exchanges", None, {"limit": str(MOST_EXCHANGES)})
    rows = [row if with_bodies else _without_content(row) for row in journal["exchanges"]]
    return EvidencePack(
        version=call("GET", "/health/ready")["version"],
        world=", ".join(organisation["name"] for organisation in call("GET", "/world")["organisations"]),
        made_at=call("GET", "/clock")["now"],
        report=report,
        scenarios=tuple(_by_scenario(rows)),
        dropped=journal["dropped"],
        steps=tuple(_steps(report)),
        with_bodies=with_bodies,
    )


def _without_content(row: Json) -> Json:
    """Remove all content of the record: bodies, the acknowledgement's text, and queries, which may name patients."""
    request = {**row["request"], "body": "", "path": row["request"]["path"].partition("?")[0]}
    stripped = {**row, "request": request, "response": {**row["response"], "body": ""}}
    if row.get("hl7"):
        stripped["hl7"] = {**row["hl7"], "text": ""}
    return stripped


def _by_scenario(rows: Iterable[Json]) -> Iterable[tuple[str, tuple[Json, ...]]]:
    groups: dict[str, list[Json]] = {}
    for row in rows:
        groups.setdefault(row["scenario"] or UNNAMED, []).append(row)
    return ((name, tuple(group)) for name, group in groups.items())


def _steps(report: Json) -> Iterable[tuple[str, str, bool]]:
    """Say which of PKB's planning steps the traffic shows."""
    cells, used = report["cells"], {api: row["used"] for api, row in report["coverage"].items()}
    data_apis = [api for api, names in used.items() if names and api != "oauth"]
    evident = (
        bool(cells),
        bool(data_apis),
        any(used[api] for api in data_apis),
        bool(used.get("oauth")) or bool(used.get("hl7")),
        any(cell.rpartition(".")[2] != "read_clinical_from_others" for cell in cells) and bool(data_apis),
    )
    return ((name, text, is_evident) for (name, text), is_evident in zip(STEPS, evident, strict=True))


def render_page(pack: EvidencePack) -> str:
    """Render the pack as one HTML page, without scripts and links to other files."""
    # Not before it is needed: a start and a report as JSON do without it.
    import jinja2

    template = datafiles.beside_code("contract/evidence.html").read_text(encoding="utf-8")
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    return environment.from_string(template).render(pack=pack, report=pack.report)


def render_archive(pack: EvidencePack) -> bytes:
    """Render the pack as a ZIP archive. The same pack gives the same bytes."""
    files = {
        "evidence.html": render_page(pack).encode(),
        "report.json": render_readable(pack.report).encode(),
    }
    for number, (name, rows) in enumerate(pack.scenarios, 1):
        scenario = {"scenario": name, "exchanges": rows}
        files[f"scenarios/{number:03}.json"] = render_readable(scenario).encode()
    sums = "".join(f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in files.items())
    files["SHA256SUMS"] = sums.encode()
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            # The earliest time of the ZIP format, because the real time would make every archive different.
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return target.getvalue()
