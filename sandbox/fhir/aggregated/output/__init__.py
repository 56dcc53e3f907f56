"""What a caller sees of Aggregated, and in which form."""
