"""Examples that people take: HL7 messages, FHIR bundles, collections of requests, a channel of an engine.

`fixtures/examples.json` lists them. `making` makes them from the facts; nothing else imports it.
"""
