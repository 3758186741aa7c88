"""All of the preprocessor but its two entry points, which import it as `preprocessor`."""
