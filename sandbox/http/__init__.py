"""The common parts of all HTTP front ends: routes, the call, the journal, downloads, and rows of control operations."""
