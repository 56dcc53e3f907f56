"""The generated part of conformance.md: the steps of every profile, and what clients are judged by."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sandbox.conformance.profile import profiles
from sandbox.facts import ledger


def conformance() -> Iterator[str]:
    for profile in profiles().values():
        yield f"## {profile.name}"
        yield ""
        yield f"{profile.title}. Client: the first `{profile.credential}`, or that of `--client`."
        yield ""
        yield "| step | title | what the client should do | judged by |"
        yield "|---|---|---|---|"
        for step in profile.steps:
            rules = ", ".join(dict.fromkeys(f"`{row['rule']}`" for row in step.judge))
            yield f"| `{step.name}` | {step.title} | {_plain(step.do)} | {rules} |"
        yield ""
    yield "## Judgements"
    yield ""
    yield "| rule | what is expected of the client | standing |"
    yield "|---|---|---|"
    for fact in ledger().values():
        if fact.id.startswith("conformance."):
            source = f"[{fact.standing}]({fact.source})" if fact.source.startswith("http") else fact.standing
            yield f"| `{fact.id.removeprefix('conformance.')}` | {fact.text} | {source} |"


def _plain(text: str) -> str:
    """Put placeholders in italics: a run fills them."""
    return re.sub(r"\{(\w+)\}", r"*\1*", text).replace("|", chr(92) + "|")
