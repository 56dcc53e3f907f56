"""World files: a starting state with its indexes in one SQLite file, served from disk and shared by all its worlds."""
