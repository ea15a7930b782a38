"""Reads the colours of an SVG as a browser shows them, in the light and in the dark theme."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

SVG = '{http://www.w3.org/2000/svg}'
NOT_DRAWN = {f'{SVG}{name}' for name in ('defs', 'metadata')}
# What a shape has that does not say.
INITIAL = {'fill': '#000000', 'stroke': 'none'}
# All that has a say in the colour of a shape.
COLOURING = re.compile(r'fill|stroke|color|stop-color|(.*-)?opacity|filter|mask')

DARK_THEME = re.compile(r'@media \(prefers-color-scheme: dark\) \{\n(.*?)\n\}', re.DOTALL)
RULE = re.compile(r'  \[style\*="(fill|stroke): (\S+)"\] \{\1: (\S+) !important\}')

# A property and its colour, as ('fill', '#1f2328').
Paint = tuple[str, str]


@dataclass(frozen=True)
class Shape:
    """A path, or a letter, that is drawn.

    Attributes:
        group: the nearest identifier around it, as in ``task-1``.
        light: its ``fill`` and its ``stroke`` in the light theme.
        dark: the same in the dark theme.
        has_area: whether a fill of it can be seen: a straight line has none.
    """

    group: str
    light: dict[str, str]
    dark: dict[str, str]
    has_area: bool


def dark_theme(picture: Path) -> dict[Paint, str]:
    """Read the rules of the dark theme.

    Args:
        picture: the SVG.

    Returns:
        The dark colour of each property and light colour.
    """
    theme = DARK_THEME.search(picture.read_text())
    assert theme, f'{picture.name} has no dark theme'
    rules = [RULE.fullmatch(line) for line in theme[1].split('\n')]
    assert all(rules), f'{picture.name} has a rule of another form: {theme[1]}'
    return {(rule[1], rule[2]): rule[3] for rule in rules if rule}


def written_colours(picture: Path) -> set[Paint]:
    """List what is written at the shapes of an SVG, the dark theme left out.

    Args:
        picture: the SVG.
    """
    root = ElementTree.fromstring(picture.read_text())
    written = {pair for element in root.iter() for pair in [*element.items(), *_style(element)]}
    return {(kind, to) for kind, to in written if COLOURING.fullmatch(kind) and to != 'none'}


def shapes(picture: Path) -> list[Shape]:
    """List what an SVG draws.

    Args:
        picture: the SVG.
    """
    root = ElementTree.fromstring(picture.read_text())
    paths = {path.get('id'): path.get('d', '') for path in root.iter(f'{SVG}path')}
    return list(_shapes(root, '', INITIAL, INITIAL, dark_theme(picture), paths))


def _shapes(
    element: ElementTree.Element,
    group: str,
    light: dict[str, str],
    dark: dict[str, str],
    theme: dict[Paint, str],
    paths: dict[str | None, str],
) -> Iterator[Shape]:
    if element.tag in NOT_DRAWN:
        return
    group = element.get('id', group)
    own = {kind: colour for kind, colour in _style(element) if kind in INITIAL}
    light = {**light, **own}
    dark = {**dark, **{kind: theme.get((kind, colour), colour) for kind, colour in own.items()}}
    if element.tag == f'{SVG}path':
        yield Shape(group, light, dark, _has_area(element.get('d', '')))
    if element.tag == f'{SVG}use':
        used = element.get('{http://www.w3.org/1999/xlink}href', '').removeprefix('#')
        yield Shape(group, light, dark, _has_area(paths[used]))
    for child in element:
        yield from _shapes(child, group, light, dark, theme, paths)


def _style(element: ElementTree.Element) -> list[Paint]:
    parts = element.get('style', '').split(';')
    pairs = [part.partition(':') for part in parts if part]
    return [(name.strip(), value.strip()) for name, _, value in pairs]


def _has_area(path: str) -> bool:
    numbers = [float(number) for number in re.findall(r'-?\d+\.?\d*', path)]
    return len(set(numbers[::2])) > 1 and len(set(numbers[1::2])) > 1


def contrast(one: str, other: str) -> float:
    """Compute the contrast ratio of WCAG 2 for two colours.

    Args:
        one: as ``#rrggbb``.
        other: as ``#rrggbb``.

    Returns:
        From 1, for equal colours, to 21, for black and white.
    """
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[begin : begin + 2], 16) / 255 for begin in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
