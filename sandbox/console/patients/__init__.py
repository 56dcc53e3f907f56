"""What pages about patients are made of, without HTML: search, words for entities, entries of a record, callers."""
