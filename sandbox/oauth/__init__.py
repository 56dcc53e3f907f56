"""OAuth 2.0 as PKB offers it: two issuers, one for Facade and Messaging, one for Customer and Aggregated."""
