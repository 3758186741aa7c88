"""The types of resources: what is made, changed and removed for each, by calls of the service that has it."""
