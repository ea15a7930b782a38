"""The programs that are measured: the same task, as each library wants it."""
