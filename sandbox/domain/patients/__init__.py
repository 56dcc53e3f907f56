"""Patients: who they are, how a message finds them, where they belong, how they register."""
