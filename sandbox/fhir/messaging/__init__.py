"""The Messaging endpoint, whose only operation `Patient/$process-message` creates and updates patients."""
