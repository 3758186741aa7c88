"""Jobs and endpoints in the environments of the catalogue's images: `make test-image-catalogue`."""
