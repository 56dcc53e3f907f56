"""The Aggregated endpoint: data from all routes, in R4, filtered by what the caller's organisation may see."""
