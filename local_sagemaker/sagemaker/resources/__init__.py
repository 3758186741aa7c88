"""What all resources share: names, tables, lists, tags, limits and refusals."""
