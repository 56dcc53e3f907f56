"""The pages of the console. Each module or package gives its `PATH` and its `ROUTES`."""

from __future__ import annotations

from sandbox.console.pages import bench, docs, fidelity, patients, start, traffic, try_it

PAGES = (start, patients, traffic, try_it, bench, fidelity, docs)
"""In the order of the navigation."""
