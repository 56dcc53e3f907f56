"""`POST /verify`: expectations of the journal, judged in words."""
