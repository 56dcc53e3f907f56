"""Search: parameters as the statement rules them, one file for each type of parameter, and the Bundle."""
