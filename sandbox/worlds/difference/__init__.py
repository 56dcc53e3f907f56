"""The difference between two states of a world, in clinical terms."""
