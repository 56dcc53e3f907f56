"""How the documentation site is built from the pages of `docs/`."""
