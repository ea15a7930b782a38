"""Four steps for each page of a web site: waiting, or chained. advance.md, chapter 9.

celery -A examples.crawler worker -l info -P threads -c 1
"""

import re

from celery import Celery, chain


class Config:
    broker_url = 'amqp://celeryman:pass1234@localhost:5672/celery_vhost'
    result_backend = 'redis://localhost:6379/'
    task_default_queue = 'crawler'


app = Celery('examples.crawler')
app.config_from_object(Config)

SITE = {
    '/': '<title>Notes</title> <a href="/tea">tea</a> <a href="/milk">milk</a>',
    '/tea': '<title>Tea</title> <a href="/">home</a>',
}


@app.task
def fetch(path: str) -> str:
    return SITE[path]


@app.task
def find_links(html: str) -> list[str]:
    return re.findall('href="(.*?)"', html)


@app.task
def drop_broken(paths: list[str]) -> list[str]:
    return [path for path in paths if path in SITE]


@app.task
def describe(paths: list[str], start: str) -> str:
    return f'{start} leads to {", ".join(paths)}'


@app.task
def crawl_and_wait(start: str, refuse: bool = True) -> str:
    html = fetch.delay(start).get(timeout=1, disable_sync_subtasks=refuse)
    links = find_links.delay(html).get(timeout=1, disable_sync_subtasks=refuse)
    good = drop_broken.delay(links).get(timeout=1, disable_sync_subtasks=refuse)
    return str(describe.delay(good, start).get(timeout=1, disable_sync_subtasks=refuse))


def crawl(start: str) -> chain:
    return chain(fetch.s(start), find_links.s(), drop_broken.s(), describe.s(start))
