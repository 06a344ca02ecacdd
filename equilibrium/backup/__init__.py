"""Everything worth keeping in one file, and back: the database, and what the product keeps under `var/`."""
