"""What goes wrong, said in one sentence."""


class PlaygroundError(Exception):
    """Something a reader can mend: the message says what happened and what to do.

    It reaches the reader as one sentence on standard error, with exit status 2.
    """
