"""Resources that are stored as they were sent: the repository, its interactions, batches and transactions."""
