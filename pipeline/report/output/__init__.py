"""A report's figures as what people read: the page, JSON, CSV, and lines in a terminal. Nothing is computed here."""
