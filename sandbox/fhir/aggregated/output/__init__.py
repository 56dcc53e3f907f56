"""The output of Aggregated: visibility and form of its resources."""
