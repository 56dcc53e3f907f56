"""A world: its store, clock, ids, sessions and exchanges."""
