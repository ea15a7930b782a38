"""make book: the notes as a web site of their own, a page a chapter."""
