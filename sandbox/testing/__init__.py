"""Modules for users' own tests: `sandbox.testing.strategies` (needs the extra `pkb-sandbox[testing]`)."""
