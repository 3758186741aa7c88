"""Variants whose containers start when a request comes: serverless ones, and those of many models."""
