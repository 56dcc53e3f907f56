"""Access decisions: credential → principal → workspace → cell of the access matrix → rows."""
