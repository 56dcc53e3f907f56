"""The limits of a search: settings, which a view carries."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchLimits:
    """The most of everything in one search; `steps` and `chains` count for a whole request.

    `list` is the number of values of one list, `values` that of all lists, `characters` the length of a value.
    """

    parameters: int
    list: int
    values: int
    characters: int
    steps: int
    chain_steps: int
    chains: int
    included: int

    @classmethod
    def of(cls, settings: Settings) -> SearchLimits:
        return cls(
            parameters=settings.max_search_parameters,
            list=settings.max_search_list,
            values=settings.max_search_values,
            characters=settings.max_search_characters,
            steps=settings.max_search_steps,
            chain_steps=settings.max_chain_steps,
            chains=settings.max_chains,
            included=settings.max_included,
        )


DEFAULT_LIMITS = SearchLimits.of(Settings())
