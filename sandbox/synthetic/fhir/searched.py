"""The elements of search parameters, which are always generated.

They come from `capability_statements/search_parameters/`; of the FHIRPath only paths are read, not conditions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from sandbox.base import datafiles

_CONDITION = re.compile(r"\.where\([^()]*\)|\[\d+\]")
_PATH = re.compile(r"[A-Z]\w*(?:\.\w+\b(?!\())+")


@cache
def searched(release: str) -> frozenset[str]:
    """Return the paths of searched elements, such as `Observation.valueQuantity`, and the paths above them."""
    paths: set[str] = set()
    for path in _paths(release):
        while "." in path:
            paths.add(path)
            path = path.rpartition(".")[0]
    return frozenset(paths)


def _paths(release: str) -> Iterator[str]:
    tables = datafiles.read_json(datafiles.path(f"capability_statements/search_parameters/{release}.json"))
    for parameters in tables["parameters"].values():
        for parameter in parameters.values():
            if parameter["type"] != "composite":  # made of parameters that have paths of their own
                for expression in parameter.get("paths", ()):
                    yield from _PATH.findall(_CONDITION.sub("", expression))
