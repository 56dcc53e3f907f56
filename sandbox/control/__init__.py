"""The control API, `/_sandbox/…`: features of the sandbox that PKB does not have."""
