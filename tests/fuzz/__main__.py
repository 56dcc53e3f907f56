"""Fuzz the targets, each for some seconds: `python -m tests.fuzz --seconds 60 [--target NAME]… [--seed N]`

Prints a row for each target: executions, inputs that reached new lines or outcomes, and findings. An input that fell is
made small and written to the corpus, where the tests run it from then on. Exit code 1 if there is a finding.
"""

from __future__ import annotations

import argparse
import logging
import resource
import sys
from random import SystemRandom

from tests.fuzz import corpus
from tests.fuzz.campaign import Campaign, fuzz
from tests.fuzz.target import Target
from tests.fuzz.targets import TARGETS

MEMORY: int | None = 4 * 1024**3
"""Bytes of address space: an input that needs more is a finding."""


def main(arguments: list[str] | None = None) -> int:
    """Print the table; exit code 1 if there is a finding."""
    options = _options(arguments)
    # An input that falls is reported below; what the sandbox logs about the others is of no use.
    log = logging.getLogger("sandbox")
    log.addHandler(logging.NullHandler())
    propagates, log.propagate = log.propagate, False
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
    if MEMORY is not None:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    print(f"seed {options.seed}, {options.seconds:g} s each", flush=True)
    print(f"{'target':<24} {'executions':>12} {'new corpus':>12} {'findings':>10}", flush=True)
    findings = 0
    for name in options.target or TARGETS:
        target = TARGETS[name]
        campaign = fuzz(target, options.seconds, options.seed, _progress)
        print(f"\r{_row(campaign)}", flush=True)
        for finding, data in campaign.findings.items():
            _report(target, finding, data)
        findings += len(campaign.findings)
    log.propagate = propagates
    return 1 if findings else 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description="Fuzz the parsers and doors.")
    parser.add_argument("--seconds", type=float, default=10.0, help="seconds of each target")
    parser.add_argument("--target", action="append", choices=list(TARGETS), help="only this one; repeatable")
    parser.add_argument("--seed", type=int, default=SystemRandom().randrange(10**6), help="of the inputs")
    return parser.parse_args(arguments)


def _row(campaign: Campaign) -> str:
    counts = f"{campaign.executions:>12,} {campaign.new:>12,} {len(campaign.findings):>10,}"
    return f"{campaign.target.name:<24} {counts}"


def _progress(campaign: Campaign) -> None:
    if sys.stdout.isatty():
        print(f"\r{_row(campaign)}", end="", flush=True)


def _report(target: Target, finding: str, data: bytes) -> None:
    file = corpus.keep(target, data)
    test = f'python -m pytest tests/fuzz -k "{target.name} and {file.name}"'
    print(f"  {finding}\n  input: {file}\n  repeat: {test}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
