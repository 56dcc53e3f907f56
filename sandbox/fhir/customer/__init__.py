"""The Customer endpoints: resources stored as sent, under PKB's rules for callers, interactions and meta."""
