"""Search over PKB's record: parameters under the statement's rules, one file for each type of parameter, and the
Bundle.

This is not the engine of `fhir/search`: that one finds stored resources by their indexes, while here the criteria
select entities of the record before any resource is rendered, with refusals in the words of PKB's own Facade.
"""
