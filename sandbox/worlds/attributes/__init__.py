"""The table of attributes: where each API returns each attribute of PKB's model.

A file for each kind of entity lists for each attribute its label, its HL7 fields, its path on the Facade and on
Aggregated, and its key in the Custom REST API; an API that does not return it has none. `[internal]` lists attributes
that no API returns and no difference mentions, with the reason. `[[words]]` contains phrases for changes.
"""

from __future__ import annotations
