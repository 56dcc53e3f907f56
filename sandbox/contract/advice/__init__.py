"""The table of advice: rule → what finds it in the traffic.

A rule of `SINGLE` looks at one exchange and says whether a good client avoids it. A rule of `SEQUENCE` is a class with
a state: it observes each exchange in order, and returns whether it advises on it; at the end it may add earlier ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from sandbox.contract.advice import addresses, messages, paging, resources, rhythm, sessions
from sandbox.contract.observed import ObservedExchange
from sandbox.worlds.exchange import Exchange


class SequenceRule(Protocol):
    """A rule over several exchanges of one world."""

    def observe(self, observed: ObservedExchange) -> bool:
        """Observe the next exchange, and return whether to advise on it."""
        ...

    def conclude(self) -> Iterable[Exchange]:
        """Return earlier exchanges on which only the end of the traffic allows advice."""
        ...


SINGLE: dict[str, Callable[[ObservedExchange], bool]] = {
    "contract.hl7-time-without-zone": messages.has_time_without_zone,
    "contract.identifier-without-system": resources.has_identifier_without_system,
    "contract.code-without-system": resources.has_code_without_system,
    "contract.unlabelled-resource": resources.is_unlabelled,
    "contract.if-none-exist-without-identifier": resources.creates_without_identifier,
    "contract.secret-in-address": addresses.has_secret,
    "contract.deprecated-form": messages.has_deprecated_form,
}
SEQUENCE: dict[str, Callable[[], SequenceRule]] = {
    "contract.control-id-repeated": messages.RepeatedControlIds,
    "contract.lost-message-renumbered": messages.RenumberedLosses,
    "contract.refused-message-resent": messages.ResentRefusals,
    "contract.next-page-not-read": paging.UnreadPages,
    "contract.token-for-each-request": rhythm.TokenForEachRequest,
    "contract.refresh-token-reused": sessions.ReusedRefreshTokens,
    "contract.polling": rhythm.Polling,
}
