"""Objects into requests and answers into objects: splitting, parsing, filtering, joining, assembling."""
