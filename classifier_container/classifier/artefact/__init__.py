"""What `model.tar.gz` holds: writing it, checking it, and the files that serving opens."""
