"""Has pytest collect the pages: each once per back-end, each block a test at its line."""

import functools
import types
from collections.abc import Generator, Iterable
from pathlib import Path
from typing import Any

import pytest
from sybil import Document, Example, Region, Sybil
from sybil.integration.pytest import SybilItem
from sybil.parsers.markdown import SkipParser
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from playground.virtual_environment import REPOSITORY
from tests.backends import BACKENDS
from tests.notes.chapter_run import ChapterRun, MismatchError
from tests.notes.page import Block, blocks, chapter

PICTURES = ('mermaid',)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        '--patience',
        type=float,
        default=30.0,
        metavar='SECONDS',
        help='how long a page waits for lines in a terminal (30)',
    )


def pytest_configure(config: pytest.Config) -> None:
    for backend in config.stash[BACKENDS]:
        collector = types.ModuleType(f'notes_on_{backend}')
        sybil = pages(backend, config.getoption('patience'))
        collector.__dict__['pytest_collect_file'] = sybil.pytest()
        config.pluginmanager.register(collector)


class ChapterScheduling(LoadScopeScheduling):
    """Gives each process one test after the other, but the blocks of a chapter all to one.

    A chapter's back-ends come one after the other too, for Flower's port stands on the page.
    """

    def _split_scope(self, nodeid: str) -> str:
        """A block is called README.md::sybil:embedded,line:12,column:1."""
        page, _, block = nodeid.partition('::sybil:')
        if not block:
            return nodeid
        line = int(block.split(',')[1].removeprefix('line:'))
        return f'{page} {chapter(_read(REPOSITORY / page), line)}'


_read = functools.cache(Path.read_text)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ChapterScheduling:
    return ChapterScheduling(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Have the summary name the page's line where a block is skipped, not Sybil's own."""
    report = yield
    if report.skipped and isinstance(item, SybilItem) and call.excinfo:
        reason = f'Skipped: {call.excinfo.value}'
        report.longrepr = (str(item.path), item.example.line, reason)
    return report


def pages(backend: str, patience: float) -> Sybil:
    """Make the collector of one back-end.

    Args:
        backend: ``embedded`` or ``native``; conditions of skips see it under this name.
        patience: how many seconds a page waits for lines in a terminal.
    """

    def teardown(namespace: dict[str, Any]) -> None:
        if run := namespace.get('run'):
            run.close()

    return Sybil(
        [_regions, SkipParser()],
        patterns=['*.md'],
        excludes=['*/*.md'],
        path=str(REPOSITORY),
        setup=lambda namespace: namespace.update(backend=backend, patience=patience),
        teardown=teardown,
        fixtures=[backend],
        name=backend,
    )


def _regions(document: Document) -> Iterable[Region]:
    for fence, block in blocks(document):
        if block.kind not in PICTURES:
            yield Region(fence.start, fence.end, block, _evaluate)


def _evaluate(example: Example) -> str | None:
    block: Block = example.parsed
    try:
        _run_of(block.chapter, example.namespace).run(block)
    except MismatchError as mismatch:
        return f'{example.path}:{mismatch.line}: {mismatch}'
    return None


def _run_of(chapter: str, namespace: dict[str, Any]) -> ChapterRun:
    """Each chapter begins with nothing, so that a reader can begin with any of them."""
    if namespace.get('chapter') != chapter:
        if before := namespace.pop('run', None):
            before.close()
        namespace['chapter'] = chapter
        namespace['run'] = ChapterRun(namespace[namespace['backend']], namespace['patience'])
    run: ChapterRun = namespace['run']
    return run
