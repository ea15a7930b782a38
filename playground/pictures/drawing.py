"""Draws a terminal's screen, in both themes."""

import io
from collections.abc import Iterable

from rich.console import Console
from rich.text import Text

from playground.pictures.themes import TERMINALS, picture

# As rich has it, but with the reader's own font: GitHub loads none. The width of each text is
# written at it, so that it fits in any.
FORMAT = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">
<style>
.{unique_id}-matrix {{
  font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  font-size: {char_height}px;
}}
.{unique_id}-title {{ font-family: sans-serif; font-size: 16px; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/>
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">{matrix}</g>
</g>
</svg>
"""


def draw(name: str, title: str, columns: int, lines: Iterable[Text]) -> None:
    """Draw a screen as an SVG for each theme.

    Args:
        name: of the picture.
        title: stands in the bar of the window.
        columns: of the terminal.
        lines: what is on the screen.
    """
    for theme, colours in TERMINALS.items():
        console = Console(
            record=True, width=columns, file=io.StringIO(), force_terminal=True, highlight=False
        )
        # rich cuts off what hangs below the last line.
        for line in [*lines, Text()]:
            console.print(line, soft_wrap=True)
        drawn = console.export_svg(
            title=title, theme=colours, code_format=FORMAT, unique_id='terminal'
        )
        path = picture(name, theme, 'svg')
        path.parent.mkdir(exist_ok=True)
        path.write_text(drawn)
