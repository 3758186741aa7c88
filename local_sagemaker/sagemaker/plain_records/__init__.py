"""Resources that are plain records, here as on AWS: nothing is run for them."""
