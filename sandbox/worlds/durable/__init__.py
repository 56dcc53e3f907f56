"""Worlds in a data file (`--data`): opened at the start, and written at the end of each request."""
