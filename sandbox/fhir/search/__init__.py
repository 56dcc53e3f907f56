"""Search as FHIR defines it, driven by the tables of search parameters: one file for each type of parameter.

`values_of` extracts the searchable values of a resource when it is written; `search` finds matches; `searchset`
writes the response.
"""

from __future__ import annotations

from sandbox.fhir.search.extraction import values_of
from sandbox.fhir.search.search import SearchMatches, search, search_in_slices
from sandbox.fhir.search.searchset import searchset, searchset_in_slices
from sandbox.fhir.search.view import StoreView, View

__all__ = [
    "SearchMatches",
    "StoreView",
    "View",
    "search",
    "search_in_slices",
    "searchset",
    "searchset_in_slices",
    "values_of",
]
