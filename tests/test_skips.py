"""How much of the pages is not run."""

import re
from pathlib import Path

import pytest

from tests.pages import PAGES

MOST_SKIPPED = 0.05
# A message is not run: a test of its own proves it.
FENCE = re.compile(r'(?m)^```(?!text$)[a-z]+$')


@pytest.mark.parametrize('page', PAGES, ids=lambda page: page.name)
def test_at_most_one_fence_in_twenty_is_skipped(page: Path) -> None:
    text = page.read_text()
    fences = FENCE.findall(text)
    parts = re.findall(r'(?ms)^<!-- skip: start .*?^<!-- skip: end -->$', text)
    assert len(parts) == text.count('<!-- skip: start') == text.count('<!-- skip: end')
    skipped = len(re.findall(r'(?m)^<!-- skip: next ', text))
    skipped += sum(len(FENCE.findall(part)) for part in parts)
    assert skipped <= MOST_SKIPPED * len(fences)
