"""What comes in and how it is answered: media types, decoding, refusals."""
