"""What other clients notice of each kind of attack: `python -m benchmarks.attacks`."""
