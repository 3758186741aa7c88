"""What S3 keeps: objects, uploads in parts, data files, and how they are listed."""
