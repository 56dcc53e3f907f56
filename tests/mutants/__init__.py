"""Mutation sampling: small faults are put into the code one at a time, and the tests have to notice.

`python -m tests.mutants --sample 60 --seed 1` prints what survived. See CONTRIBUTING.md.
"""
