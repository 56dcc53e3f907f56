"""The pages of `docs/reference/` and `docs/patients.md`: each is generated whole from the product's own tables."""
