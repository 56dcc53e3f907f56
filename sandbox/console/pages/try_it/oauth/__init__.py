"""The code grant of OAuth 2.0, step by step, with a callback page of the console's own."""
