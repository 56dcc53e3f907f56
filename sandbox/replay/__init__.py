"""Recordings of a journal, and their replay against another server: the answers compared by meaning."""
