"""The Custom REST API: a catalogue of operations and objects, and the services that answer them."""
