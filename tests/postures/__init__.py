"""The control API and the console in every posture of docs/security.md: who is let in, and who is not."""
