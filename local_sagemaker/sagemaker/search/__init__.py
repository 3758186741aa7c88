"""`Search`: resources found by what they are described as."""
