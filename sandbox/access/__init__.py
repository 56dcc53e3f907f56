"""Who may: credential → principal → workspace → cell of the access matrix → rows."""
