"""Named starting states, read from files into a store."""
