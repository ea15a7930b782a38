"""Writes what Sphinx reads: the chapters, with their links led into the book, and the files."""

import posixpath
import re
import shutil
from collections.abc import Iterable
from pathlib import Path

from book import chapters, drawings
from book.chapters import FRONT, BookError, Chapter, Part
from playground.virtual_environment import REPOSITORY
from tests.notes.page import DIRECTIVE, PICTURES

# What leads to another page of the book, until Sphinx knows the way from one to the other.
SCHEME = 'book'

# A link's or a picture's target, or code, in which brackets are no link.
TARGET = re.compile(
    r'(?P<code>`+[^`]+`+)|(?P<before>\]\(|\bsrc(?:set)?=")(?P<target>[^)\s"]+)(?=[)"])'
)

LANGUAGES = {
    **{'.py': 'python', '.yml': 'yaml', '.yaml': 'yaml', '.sh': 'bash', '.toml': 'toml'},
    **{'.service': 'ini', '.conf': 'text', '.json': 'json'},
}


def write(folder: Path) -> None:
    """Write them all.

    Args:
        folder: where; it exists.

    Raises:
        BookError: a page shows or names what is not there.
    """
    shutil.copytree(drawings.FOLDER, folder / 'drawings')
    _check_drawings()
    for name in _pictures():
        if not (REPOSITORY / name).is_file():
            raise BookError(f'a page shows {name}, which is not there')
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(REPOSITORY / name, folder / name)
    for part in chapters.parts():
        _write(folder, part.front.name, _front(part))
        for chapter in part.chapters:
            _write(folder, chapter.name, _markdown(chapter))
    for name in chapters.files():
        _write(folder, chapters.file_page(name), _file(name))


def _check_drawings() -> None:
    for chapter in chapters.chapters().values():
        for block in chapter.blocks:
            for name in drawings.names(block.text).values() if block.kind in PICTURES else ():
                if not (drawings.FOLDER / name).is_file():
                    raise BookError(
                        f'{chapter.page}:{block.line}: this Mermaid has not been drawn,'
                        ' which make drawings does'
                    )


def _pictures() -> set[str]:
    """The pictures of all pages, by their paths in the repository."""
    return {
        chapters.in_repository(chapter.page, match['target'])
        for chapter in chapters.chapters().values()
        for match in TARGET.finditer(chapter.text)
        if match['target'] and chapters.is_picture(match['target'])
    }


def _write(folder: Path, name: str, text: str) -> None:
    path = folder / f'{name}.md'
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding='utf-8')


def _front(part: Part) -> str:
    """A front page, and the contents below it: they make the book's order, and are not seen."""
    others = [other for other in chapters.parts() if _front_above(other) == part.front.name]
    below = [*part.chapters, *(other.front for other in others)]
    listed = ''.join(f'/{chapter.name}\n' for chapter in below)
    tree = f'\n```{{toctree}}\n:hidden:\n\n{listed}```\n' if below else ''
    return f'{_markdown(part.front)}{tree}'


def _front_above(part: Part) -> str | None:
    """The front page below which a part stands in the contents; the first one is below none."""
    if part.front.name == FRONT:
        return None
    folder = posixpath.dirname(part.front.name.removesuffix(f'/{FRONT}'))
    above = posixpath.join(folder, FRONT)
    return above if any(other.front.name == above for other in chapters.parts()) else FRONT


def _markdown(chapter: Chapter) -> str:
    """A chapter as a text of its own: its heading is the first, and no directive is seen."""
    fenced = {
        number
        for token in chapters.tokens(chapter.text)
        if token.type == 'fence' and token.map
        for number in range(*token.map)
    }
    lines = []
    surplus = len(re.match(r'#*', chapter.text)[0]) - 1  # type: ignore[index]
    for number, line in enumerate(chapter.text.splitlines(keepends=True)):
        if number in fenced:
            lines.append(line)
        elif not DIRECTIVE.fullmatch(line.rstrip('\n')):
            heading = re.match(r'#+(?= )', line)
            lines.append(_with_targets(chapter.page, line[surplus:] if heading else line))
    return ''.join(lines) + f'\n{chapter.coverage}\n'


def _with_targets(page: str, line: str) -> str:
    def lead(match: re.Match[str]) -> str:
        if match['code'] or not chapters.is_of_the_repository(match['target']):
            return match[0]
        if chapters.is_picture(match['target']):
            return f'{match["before"]}/{chapters.in_repository(page, match["target"])}'
        name, anchor = chapters.place(page, match['target'])
        return f'{match["before"]}{SCHEME}:{name}{f"#{anchor}" if anchor else ""}'

    return TARGET.sub(lead, line)


def _file(name: str) -> str:
    """A page that shows a file, and is in no contents: chapters lead to it."""
    path = REPOSITORY / name
    if not path.is_file():
        raise BookError(f'a page leads to {name}, which is not a file')
    text = path.read_text(encoding='utf-8')
    fence = '`' * max(3, 1 + max((len(run) for run in re.findall('`+', text)), default=0))
    language = LANGUAGES.get(Path(name).suffix, 'text')
    # Who searches wants a chapter or a program to read, not a test.
    head = [*_metadata(nosearch=name.startswith('tests/')), f'# {name}\n']
    return '\n'.join([*head, f'{fence}{language}', f'{text.rstrip()}', f'{fence}\n'])


def _metadata(*, nosearch: bool) -> Iterable[str]:
    return ['---', 'orphan: true', *(['nosearch: true'] if nosearch else []), '---']
