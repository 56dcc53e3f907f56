"""Search over PKB's record: parameters as the statement rules them, a file for each type of parameter, and the Bundle.

It is not the engine of `fhir/search`: that one matches stored resources by their indexes, and here the criteria select
entities of the record before any resource is made of them, in the words in which PKB's own Facade refuses.
"""
