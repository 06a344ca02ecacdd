from cot.measures import reasons  # noqa: F401 registers why a number of a report may be missing
