"""The table of attributes: which datum of PKB's model each door shows, and where.

A file for each kind of entity names, for each attribute, its label, the HL7 fields that bring it, its path on the
Facade and on Aggregated, and its key in the Custom REST API; a door that does not show it has none. `[internal]` lists
the attributes that no door shows and no difference tells, with the reason. `[[words]]` say what a change is called.
"""

from __future__ import annotations
