"""The two themes of the pictures, and GitHub's colours for a terminal in each."""

from pathlib import Path
from typing import Literal

from rich.terminal_theme import TerminalTheme

from playground.virtual_environment import REPOSITORY

PICTURES = Path('pictures')
Theme = Literal['light', 'dark']
THEMES: tuple[Theme, ...] = ('light', 'dark')


def picture(name: str, theme: Theme, kind: str) -> Path:
    """Say which file is a picture's.

    Args:
        name: of the picture.
        theme: one of ``THEMES``.
        kind: ``svg`` or ``png``.
    """
    return REPOSITORY / PICTURES / f'{name}-{theme}.{kind}'


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[0:2], 16), int(colour[2:4], 16), int(colour[4:6], 16)


def _terminal(background: str, foreground: str, normal: str, bright: str) -> TerminalTheme:
    return TerminalTheme(
        _rgb(background),
        _rgb(foreground),
        [_rgb(colour) for colour in normal.split()],
        [_rgb(colour) for colour in bright.split()],
    )


# celery events draws black on white: where the theme is dark, these two change places.
# Black, red, green, yellow, blue, magenta, cyan, white.
TERMINALS: dict[Theme, TerminalTheme] = {
    'light': _terminal(
        'f6f8fa',
        '1f2328',
        '1f2328 cf222e 116329 d4a72c 0969da 8250df 1b7c83 f6f8fa',
        '57606a a40e26 1a7f37 633c01 0550ae 6639ba 136061 59636e',
    ),
    'dark': _terminal(
        '151b23',
        'f0f6fc',
        'f0f6fc ff7b72 3fb950 7d4e00 58a6ff bc8cff 39c5cf 151b23',
        '8b949e ffa198 56d364 e3b341 79c0ff d2a8ff 56d4dd ffffff',
    ),
}
