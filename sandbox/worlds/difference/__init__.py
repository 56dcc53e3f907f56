"""What changed between two states of a world, in clinical words."""
