"""The input of Aggregated: Customers' resources in R4, and PKB's own data."""
