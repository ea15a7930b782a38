"""The colours of the pictures, each in a light and in a dark theme."""

from typing import NamedTuple


class Colour(NamedTuple):
    """One colour, as ``#rrggbb``.

    Attributes:
        light: on a light ground.
        dark: on a dark ground.
    """

    light: str
    dark: str


TEXT = Colour('#1f2328', '#f0f6fc')
LINE = Colour('#59636e', '#9198a1')
GRID = Colour('#d1d9e0', '#3d444d')
# The text is legible on each of them.
TASKS = {
    'add': Colour('#9ecae1', '#1f4e79'),
    'mul': Colour('#fdbe85', '#7a4310'),
    'total': Colour('#a1d99b', '#2a5e2e'),
}
OTHER_TASK = Colour('#cbc9e2', '#4f4a86')
COLOURS = (TEXT, LINE, GRID, *TASKS.values(), OTHER_TASK)


def add_dark_theme(picture: str) -> str:
    """Have an SVG in light colours show the dark ones to a reader whose theme is dark.

    The light ones stay written at each shape: a program that knows no themes shows those.

    Args:
        picture: the text of the SVG, as matplotlib writes it.
    """
    rules = [
        f'  [style*="{kind}: {light}"] {{{kind}: {dark} !important}}\n'
        for light, dark in COLOURS
        for kind in ('fill', 'stroke')
        if f'{kind}: {light}' in picture
    ]
    theme = f'@media (prefers-color-scheme: dark) {{\n{"".join(rules)}}}'
    return picture.replace('</style>', f'\n{theme}\n</style>', 1)
