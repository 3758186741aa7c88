"""AWS's JSON protocols, checked against botocore's model of a service."""
