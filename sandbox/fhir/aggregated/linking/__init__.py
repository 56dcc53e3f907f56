"""Which resources are about the same person or thing, and become one."""
