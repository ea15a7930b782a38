"""A variable of make that turns something on, as in ``make faults QUICK=1``."""

from playground.errors import PlaygroundError

ON, OFF = '1', ('', '0')


def is_on(name: str, value: str, meaning: str) -> bool:
    """Read the variable.

    Args:
        name: as a reader types it.
        value: what it was given.
        meaning: what ``1`` does, and what nothing does, for the message.

    Raises:
        PlaygroundError: it is neither.
    """
    if value not in (ON, *OFF):
        raise PlaygroundError(f'{name} is {value!r}: {meaning}')
    return value == ON
