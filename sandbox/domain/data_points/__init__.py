"""Data points: PKB's word for each entry of a record, and how each kind is filed."""
