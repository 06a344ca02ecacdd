"""The smallest module: made by docs/adding-a-module.md alone, and kept to prove that page."""
