"""The drawings of the book: made of the pages' Mermaid by a command, and kept in this folder."""

import hashlib
from pathlib import Path

FOLDER = Path(__file__).parent / 'drawings'
THEMES = ('light', 'dark')


def names(source: str) -> dict[str, str]:
    """Name the two pictures of a drawing, by theme.

    Args:
        source: the Mermaid text; another text is another picture.
    """
    digest = hashlib.sha256(source.encode()).hexdigest()[:12]
    return {theme: f'{digest}-{theme}.svg' for theme in THEMES}


def title(source: str) -> str:
    """The alternative text of a drawing: its ``accTitle``."""
    lines = [line.strip() for line in source.splitlines()]
    titles = [
        line.removeprefix('accTitle:').strip() for line in lines if line.startswith('accTitle:')
    ]
    return titles[0] if titles else 'Drawing; its text is below it'
