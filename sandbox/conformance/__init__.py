"""Conformance profiles: scenarios that the sandbox stages for a client, and judges by what the client does."""
