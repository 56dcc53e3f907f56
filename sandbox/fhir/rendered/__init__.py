"""Endpoints whose resources are rendered from PKB's record, by an engine that a CapabilityStatement drives."""
