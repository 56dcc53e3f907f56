"""OAuth 2.0 as PKB offers it: one issuer for Facade and Messaging, another for Customer and Aggregated."""
