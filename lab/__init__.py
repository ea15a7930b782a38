"""Questions that are answered by measuring: a folder for each."""
