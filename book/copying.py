"""What a reader copies of a block: what is typed, without prompts and without the answer."""

from tests.notes.block import DEBUGGER, KEYS, Block, typed
from tests.notes.page import PROMPTED


def commands(block: Block) -> str:
    """Take from a block what is to be pasted.

    Args:
        block: the block.

    Returns:
        The lines that are typed, or the whole text where it shows no prompt; nothing where nothing
        but keys are typed.
    """
    if block.kind not in PROMPTED:
        return block.text
    lines = [
        one.command.removeprefix(DEBUGGER).removesuffix('\n')
        for one in typed(block)
        if one.command is not None and one.command not in KEYS
    ]
    return ''.join(f'{line}\n' for line in lines)
