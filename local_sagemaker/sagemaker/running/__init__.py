"""What everything that runs shares: threads, requests to stop, logs, running pipelines of containers."""
