"""Search as FHIR defines it, driven by the tables of search parameters: one file for each type of parameter.

`values_of` says what a resource is found by when it is written; `search` finds; `searchset` writes the answer.
"""

from __future__ import annotations

from sandbox.fhir.search.extraction import values_of
from sandbox.fhir.search.search import SearchMatches, search
from sandbox.fhir.search.searchset import searchset
from sandbox.fhir.search.view import StoreView, View

__all__ = ["SearchMatches", "StoreView", "View", "search", "searchset", "values_of"]
