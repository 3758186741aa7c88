"""A pipeline's definition: the JSON document that the SDKs write, read into steps and held to be executable."""
