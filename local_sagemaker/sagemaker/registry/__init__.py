"""The model registry: groups of model packages, their versions and approval, and the containers that they stand for."""
