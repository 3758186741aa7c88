"""A sub-package of the source folder."""
