"""Named starting states, read from files and put into a store."""
