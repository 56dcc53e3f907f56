"""Search as FHIR defines it, driven by the tables of search parameters: one file for each type of parameter.

`values_of` extracts the searchable values of a resource when it is written; `search` finds matches; `searchset`
writes the response.
"""

from __future__ import annotations

from sandbox.fhir.search.extraction import values_of
from sandbox.fhir.search.search import SearchMatches, search
from sandbox.fhir.search.searchset import searchset
from sandbox.fhir.search.view import StoreView, View

__all__ = ["SearchMatches", "StoreView", "View", "search", "searchset", "values_of"]
