"""One datum behind every door: what each API answers about it, and which parts of the answers are the same datum.

The tables of attributes (`sandbox/worlds/attributes/`) say where each API shows each attribute; here these places are
found in real answers and messages, by their paths.
"""
