"""Decide which resources are about the same person or thing, and merge."""
