"""The Customer endpoints: resources stored as sent, under PKB's rules for who, what and which meta."""
