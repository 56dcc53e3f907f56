"""Comparison of two responses by meaning: a module for each dialect, and one table of what is ignored and why."""
