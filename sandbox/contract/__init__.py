"""The contract report: what the traffic of a world used, what PKB would refuse, and what a good client avoids."""
