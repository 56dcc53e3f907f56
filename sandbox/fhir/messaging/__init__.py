"""The Messaging endpoint: patients created and updated by `Patient/$process-message`, and nothing else."""
