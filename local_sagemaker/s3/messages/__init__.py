"""What S3's requests say and its answers look like: addresses, bodies, conditions, headers, documents."""
