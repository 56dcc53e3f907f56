"""Durable stores: what changed in memory is written to one SQLite file. Only this folder imports sqlite3.

Memory is what is read; the file follows. The modules for changes need no SQLite, so a server in memory never loads it.
"""
