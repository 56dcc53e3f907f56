"""The documentation as the sandbox serves it: the built site, or the pages simply rendered."""
