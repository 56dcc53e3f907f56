"""Every kept input and some new ones, the same in each run, are read or refused by every target."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from tests.fuzz import corpus
from tests.fuzz.campaign import Campaign
from tests.fuzz.target import Target, execute
from tests.fuzz.targets import TARGETS

FILES = [(target, name) for target in TARGETS.values() for name in corpus.inputs(target)]
EXAMPLES, MUTATIONS = 15, 60


def _id(value: object) -> str:
    return value.name if isinstance(value, Target) else str(value)


@pytest.mark.parametrize(("target", "name"), FILES, ids=_id)
def test_each_input_that_was_kept_is_read_or_refused(target: Target, name: str):
    assert execute(target, corpus.inputs(target)[name]).finding == ""


@pytest.mark.parametrize("target", TARGETS.values(), ids=_id)
def test_a_few_new_inputs_are_read_or_refused(target: Target):
    campaign = Campaign(target, Random(target.name))
    campaign.start(traces=False)
    campaign.examples(EXAMPLES, 0, traces=False)
    campaign.mutations(MUTATIONS, traces=False)
    assert campaign.findings == {}


def test_the_corpus_has_small_files_of_targets_that_exist():
    folders = {folder.name for folder in corpus.FOLDER.iterdir()}
    assert folders <= TARGETS.keys()
    assert [file for file in corpus.FOLDER.rglob("*") if file.is_file() and _is_large(file)] == []


def _is_large(file: Path) -> bool:
    return file.stat().st_size > corpus.LARGEST
