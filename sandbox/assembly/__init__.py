"""Puts the front ends of all APIs together into one application."""
