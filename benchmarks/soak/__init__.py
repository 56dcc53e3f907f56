"""All protocols at once for a long time, with a look at memory and latency: `python -m benchmarks.soak`."""
