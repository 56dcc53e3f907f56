"""Six bugs to try the pipeline with: `PARTNER_APPOINTMENTS_BUG=<name>` puts one in. Do not copy this file."""

from __future__ import annotations

import os

BUGS = {
    "uk-dates": "birth dates are written as people write them",
    "local-times": "times have no offset",
    "new-control-id": "a message whose acknowledgement was lost is sent again with a new control id",
    "resend-refused": "a refused message is sent again unchanged",
    "no-organisation": "requests to the Facade do not say for which organisation",
    "number-without-system": "patients are searched by an NHS number without its system",
}


def has_bug(name: str) -> bool:
    """Return whether a bug is switched on. Raises ValueError for an unknown one in the environment."""
    chosen = os.environ.get("PARTNER_APPOINTMENTS_BUG", "")
    if chosen and chosen not in BUGS:
        raise ValueError(f"PARTNER_APPOINTMENTS_BUG={chosen} is not one of: {', '.join(BUGS)}")
    return chosen == name
