"""The Custom REST API. Its operations are still to come; the access matrix is enforced already."""
