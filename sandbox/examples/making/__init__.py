"""Make the example files from profiles, facts, the access matrix and the tables beside this module."""
