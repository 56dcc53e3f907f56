"""The Custom REST API: its catalogue and who may call what. What the operations do is still to come."""
