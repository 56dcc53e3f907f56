"""How the integration reaches PKB: addresses and credentials, from the environment."""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Connection:
    """Addresses and credentials. `facility` is MSH-4, the name that PKB has agreed with the organisation.

    `organisation` is the public id of the organisation on whose behalf the partner reads.
    """

    url: str
    hl7_user: str
    hl7_password: str
    facility: str
    client_id: str
    client_secret: str
    organisation: str

    @classmethod
    def from_environment(cls) -> Connection:
        """Read `PKB_URL`, `PKB_HL7_USER` and so on. Raises KeyError for a variable that is not set."""
        return cls(**{name: os.environ[f"PKB_{name.upper()}"] for name in cls.__dataclass_fields__})
