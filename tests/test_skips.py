"""How much of the pages is not run."""

import re
from pathlib import Path

import pytest

from tests.pages import PAGES

MOST_SKIPPED = 0.05


@pytest.mark.parametrize('page', PAGES, ids=lambda page: page.name)
def test_at_most_one_fence_in_twenty_is_skipped(page: Path) -> None:
    text = page.read_text()
    fences = re.findall(r'(?m)^```[a-z]+$', text)
    skips = re.findall(r'(?m)^<!-- skip: (start|next) ', text)
    assert 'start' not in skips, 'count what stands between skip: start and skip: end'
    assert len(skips) <= MOST_SKIPPED * len(fences)
