"""No request costs more work than what it sent justifies."""
