"""What every HTTP front end shares: routes, the call, the journal, downloads, and rows of control operations."""
