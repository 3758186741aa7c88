"""Holds `framework`, which is what user code imports."""
