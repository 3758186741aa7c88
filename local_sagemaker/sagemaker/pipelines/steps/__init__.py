"""What one step is made of: its job's name and request, its cached results, its retries."""
