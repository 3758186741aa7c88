"""CloudFormation: stacks whose resources are made by the services of this server, through their own API."""
