"""Provider states of Pact: named starting points that a verifier sets up before an interaction, and takes back."""
