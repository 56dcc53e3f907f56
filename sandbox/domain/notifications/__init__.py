"""Notifications: recipients, channels, and the outbox that stores them."""
