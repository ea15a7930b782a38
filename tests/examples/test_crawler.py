"""crawler.py without a broker."""

from collections.abc import Callable

import pytest
from celery import Celery

from examples import crawler


@pytest.fixture(autouse=True)
def _eager(run_eagerly: Callable[[Celery], None]) -> None:
    run_eagerly(crawler.app)


def test_a_chain_goes_through_the_four_steps() -> None:
    assert crawler.crawl('/').delay().get() == '/ leads to /tea'
    assert crawler.crawl('/tea').delay().get() == '/tea leads to /'


def test_a_broken_link_is_found_and_dropped() -> None:
    links = crawler.find_links(crawler.SITE['/'])
    assert links == ['/tea', '/milk']
    assert crawler.drop_broken(links) == ['/tea']


def test_a_page_that_is_not_there_ends_the_chain() -> None:
    with pytest.raises(KeyError, match='/milk'):
        crawler.crawl('/milk').delay()
