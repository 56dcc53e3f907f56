"""The control API, `/_sandbox/…`: what only the sandbox knows and can do."""
