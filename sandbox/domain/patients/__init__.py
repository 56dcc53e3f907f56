"""Patients: identifiers, matching, membership and registration."""
