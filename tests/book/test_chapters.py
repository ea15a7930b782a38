"""The book has what the pages have: each block, each link, each heading, and nothing lost."""

import itertools
import re
import zipfile
from urllib.parse import unquote

import pytest

from book import chapters, draw, drawings
from book.chapters import Chapter, Part
from book.copying import commands
from playground.virtual_environment import REPOSITORY
from tests.book.conftest import Book
from tests.book.html_page import HtmlPage, read
from tests.markdown import anchors, links, tokens
from tests.notes.block import Block
from tests.notes.page import DIRECTIVE

PARTS = pytest.mark.parametrize('part', chapters.parts(), ids=lambda part: part.front.page)

MOST_SECONDS = 30.0


def of(book: Book, chapter: Chapter) -> HtmlPage:
    return read(book.folder / f'{chapter.name}.html')


def of_part(book: Book, part: Part) -> list[HtmlPage]:
    return [of(book, chapter) for chapter in (part.front, *part.chapters)]


def test_each_page_and_each_readme_is_a_part() -> None:
    parts = [part.front.page for part in chapters.parts()]
    assert parts[:3] == ['README.md', 'advance.md', 'production.md']
    assert {path.name for path in REPOSITORY.glob('*.md')} <= set(parts)
    assert {'lab/faults/README.md', 'examples/README.md'} <= set(parts)


@PARTS
def test_the_blocks_are_byte_for_byte_those_of_the_page(book: Book, part: Part) -> None:
    fences = [one.content for one in tokens(REPOSITORY / part.front.page) if one.type == 'fence']
    found = [fence for page in of_part(book, part) for fence in page.fences]
    assert found == fences


@PARTS
def test_the_chapters_are_the_text_of_the_page(part: Part) -> None:
    page = (REPOSITORY / part.front.page).read_text()
    text = ''.join(chapter.text for chapter in (part.front, *part.chapters))
    assert text == re.sub(r'(?m)^<sub>Of the .*</sub>$', '', page)
    assert [one for chapter in (part.front, *part.chapters) for one in chapter.anchors] == anchors(
        REPOSITORY / part.front.page
    )


@PARTS
def test_the_links_of_a_page_lead_to_the_same_places(book: Book, part: Part) -> None:
    source = REPOSITORY / part.front.page
    wanted = []
    for link in links(source):
        if not chapters.is_of_the_repository(link):
            wanted.append(link)
        elif not chapters.is_picture(link):
            name, anchor = chapters.place(part.front.page, link)
            wanted.append(f'{name}.html#{anchor}'.removesuffix('#'))
    found = []
    for chapter in (part.front, *part.chapters):
        path = book.folder / f'{chapter.name}.html'
        excerpts = [one.directives['file'] for one in chapter.blocks if 'file' in one.directives]
        for link in read(path).links:
            target, _, anchor = unquote(link).partition('#')
            if re.match('[a-z]+:', link):
                found.append(link)
                continue
            there = (path.parent / target).resolve() if target else path
            name = there.relative_to(book.folder.resolve()).as_posix()
            if excerpts and name == f'{chapters.file_page(excerpts[0])}.html':
                excerpts.pop(0)
            else:
                found.append(f'{name}#{anchor}'.removesuffix('#'))
        assert excerpts == []
    assert sorted(found) == sorted(wanted)


def test_each_link_of_the_book_leads_somewhere(book: Book) -> None:
    paths = list(book.folder.rglob('*.html'))
    assert len(paths) > 100
    for path in paths:
        page = read(path)
        for link in {*page.all_links, *page.loaded}:
            if re.match(r'[a-z]+:', link):
                continue
            target, _, anchor = unquote(link).partition('#')
            there = (path.parent / target.partition('?')[0]).resolve() if target else path
            assert there.is_file(), f'{path}: {link}'
            if anchor and there.suffix == '.html' and anchor != 'svg-':
                assert anchor in read(there if target else path).ids, f'{path}: {link}'


def test_the_pages_load_nothing_from_elsewhere(book: Book) -> None:
    for path in book.folder.rglob('*.html'):
        elsewhere = [one for one in read(path).loaded if re.match(r'[a-z]+:|//', one)]
        assert elsewhere == [], path


@PARTS
def test_headings_are_in_order_and_keep_their_anchors(book: Book, part: Part) -> None:
    for chapter in (part.front, *part.chapters):
        headings = of(book, chapter).headings
        levels = [level for level, _ in headings]
        assert levels[0] == 1
        assert all(below - above <= 1 and below > 1 for above, below in itertools.pairwise(levels))
        assert [anchor for _, anchor in headings] == list(chapter.anchors)


@PARTS
def test_a_terminal_has_its_name_and_its_colour(book: Book, part: Part) -> None:
    for chapter in (part.front, *part.chapters):
        page = of(book, chapter)
        shown = [block for block in chapter.blocks if block.kind != 'mermaid']
        frames = page.frames
        assert len(frames) == len(page.captions) == len(shown)
        colours: dict[str, set[str]] = {}
        for block, caption, frame in zip(shown, map(str.strip, page.captions), frames, strict=True):
            if name := block.directives.get('terminal'):
                assert caption == f'Terminal {name}'
                colours.setdefault(name, set()).update(re.findall(r'\bterminal-\d\b', frame))
            elif file := block.directives.get('file'):
                assert caption == file
        assert all(len(its) == 1 for its in colours.values())
        if len(colours) <= 6:
            assert len(set.union(set(), *colours.values())) == len(colours)


@PARTS
def test_no_directive_is_seen(book: Book, part: Part) -> None:
    for page in of_part(book, part):
        assert not DIRECTIVE.search(page.text)
        assert '<!--' not in page.text.replace(''.join(page.fences), '')


def test_a_chapter_says_how_much_of_it_is_run(book: Book) -> None:
    for chapter in chapters.chapters().values():
        text = of(book, chapter).text
        assert text.count('the tests run') - chapter.text.count('the tests run') == bool(
            chapter.coverage
        )
    assert sum(bool(chapter.coverage) for chapter in chapters.chapters().values()) > 30


@pytest.mark.parametrize(
    ('kind', 'text', 'copied'),
    [
        ('console', '$ echo one \\\n> two\none two\n$ cd ..\n', 'echo one \\\ntwo\ncd ..\n'),
        ('console', '(Pdb) p 6 * 7\n42\n', 'p 6 * 7\n'),
        ('console', '^C\nworker: Warm shutdown\n', ''),
        ('console', '[...] Task received\n', ''),
        ('pycon', '>>> for n in range(2):\n...     n\n...\n0\n1\n', 'for n in range(2):\n    n\n'),
        ('bash', 'make demo\n', 'make demo\n'),
    ],
)
def test_what_is_copied_has_no_prompt_and_no_output(kind: str, text: str, copied: str) -> None:
    assert commands(Block(kind, text, 1, '')) == copied


@PARTS
def test_the_button_copies_it(book: Book, part: Part) -> None:
    for chapter in (part.front, *part.chapters):
        shown = [block for block in chapter.blocks if block.kind != 'mermaid']
        assert of(book, chapter).copied == list(filter(None, map(commands, shown)))


def test_pictures_have_an_alternative_text_in_both_themes(book: Book) -> None:
    found = [picture for path in book.folder.rglob('*.html') for picture in read(path).pictures]
    assert found
    assert [source for source, alt in found if len(alt) < 10] == []
    assert {'_images/demo-light.svg', '_images/demo-dark.svg'} <= {source for source, _ in found}


def test_each_mermaid_of_the_pages_is_drawn() -> None:
    wanted = {name for source in draw.sources() for name in drawings.names(source).values()}
    found = {path.name for path in drawings.FOLDER.glob('*.svg')}
    assert wanted
    assert found == wanted, 'the Mermaid of the pages is another one: make drawings'
    for path in drawings.FOLDER.glob('*.svg'):
        assert not re.search(r'(?:href|src)="(?!#)|@import|url\((?!#|&quot;#)', path.read_text())


def test_each_chapter_leads_to_the_next_and_back(book: Book) -> None:
    names = [f'{name}.html' for name in chapters.chapters()]
    found = ['index.html']
    while following := read(book.folder / found[-1]).relations.get('next'):
        path = (book.folder / found[-1]).parent / following
        name = path.resolve().relative_to(book.folder.resolve()).as_posix()
        back = read(path).relations['prev']
        assert (path.parent / back).resolve() == (book.folder / found[-1]).resolve()
        found.append(name)
    assert found == names


def test_the_archive_is_the_book(book: Book) -> None:
    with zipfile.ZipFile(book.archive) as archive:
        packed = {name: archive.read(name) for name in archive.namelist()}
    made = {
        f'celery-notes/{path.relative_to(book.folder).as_posix()}': path.read_bytes()
        for path in book.folder.rglob('*')
        if path.is_file()
    }
    assert packed == made
    assert 'celery-notes/index.html' in made


def test_it_is_built_within_half_a_minute_of_one_processor(book: Book) -> None:
    assert book.seconds < MOST_SECONDS


def test_a_link_into_nothing_is_an_error() -> None:
    with pytest.raises(chapters.BookError, match=r'advance\.md: README\.md#nothing leads nowhere'):
        chapters.place('advance.md', 'README.md#nothing')
