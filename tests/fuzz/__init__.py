"""Fuzzing of every parser and door that reads what others wrote: `python -m tests.fuzz`."""
