"""All of the classifier but its two entry points, which import it as `classifier`."""
