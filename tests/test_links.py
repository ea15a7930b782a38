"""Every relative link and every anchor of the pages leads somewhere."""

import re
from pathlib import Path

import pytest

from playground.virtual_environment import REPOSITORY
from tests.markdown import anchors, links
from tests.pages import PAGES

INDEXES = sorted([*REPOSITORY.glob('examples/*.md'), *REPOSITORY.glob('lab/*/*.md')])


@pytest.mark.parametrize('page', [*PAGES, *INDEXES], ids=lambda page: page.name)
def test_relative_links_lead_somewhere(page: Path) -> None:
    for link in links(page):
        if link.startswith(('http://', 'https://')):
            continue
        name, _, anchor = link.partition('#')
        target = page.parent / name if name else page
        assert target.exists(), f'{page.name}: {link}'
        if anchor:
            assert anchor in anchors(target), f'{page.name}: {link}'


@pytest.mark.parametrize('page', PAGES, ids=lambda page: page.name)
def test_contents_list_each_chapter(page: Path) -> None:
    numbered = [anchor for anchor in anchors(page) if re.match(r'\d+-', anchor)]
    assert numbered
    assert [link[1:] for link in links(page) if re.match(r'#\d+-', link)][
        : len(numbered)
    ] == numbered


def test_an_anchor_is_made_as_github_does(tmp_path: Path) -> None:
    page = tmp_path / 'page.md'
    page.write_text('# What `-A` finds: six rules\n\n## One\n\n## One\n')
    assert anchors(page) == ['what--a-finds-six-rules', 'one', 'one-1']


def test_external_links_stand_in_one_place() -> None:
    text = (REPOSITORY / 'README.md').read_text()
    one_place = text[text.index('## 13. Where next') :]
    external = [link for link in links(REPOSITORY / 'README.md') if link.startswith('http')]
    assert external
    for link in external:
        local = re.match(r'http://(localhost|127\.0\.0\.1):', link)
        assert local or link in one_place, f'{link} stands outside chapter 13'
