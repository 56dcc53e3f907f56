"""Data points, PKB's term for the entries of a record, and how each kind is stored."""
