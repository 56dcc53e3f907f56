"""What users' own tests may import: `sandbox.testing.strategies` (needs the extra `pkb-sandbox[testing]`)."""
