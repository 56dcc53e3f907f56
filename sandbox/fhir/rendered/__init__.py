"""Endpoints whose resources are rendered from PKB's record: the engine that a CapabilityStatement drives."""
