"""What scripts import of AWS's inference toolkit: content types, encoders, decoders, errors; not its model server."""
