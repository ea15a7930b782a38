"""Runs the notes on a machine that has nothing but Python: python -m playground --help."""
