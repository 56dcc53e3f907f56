"""The Aggregated endpoint: where all routes meet, in R4, each caller seeing what its organisation may see."""
