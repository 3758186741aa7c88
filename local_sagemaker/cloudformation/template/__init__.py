"""What a template says: read, checked, and its functions evaluated. Nothing is made here."""
