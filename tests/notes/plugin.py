"""Has pytest collect the pages: each once per back-end, each block a test at its line."""

import functools
import types
from collections.abc import Generator, Iterable, Mapping
from pathlib import Path
from typing import Any
from unittest import SkipTest

import pytest
from sybil import Document, Example, Region, Sybil
from sybil.integration.pytest import SybilItem
from sybil.parsers.markdown import SkipParser
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from playground.virtual_environment import REPOSITORY
from tests.backends import BACKENDS, lacks_postgresql, lacks_prometheus
from tests.brokers import BROKERS, NEEDS_OF_CONTAINERS, lacks_docker
from tests.notes import coverage
from tests.notes.block import Block
from tests.notes.chapter_run import ChapterRun, MismatchError
from tests.notes.observation import Recorder
from tests.notes.page import NOT_RUN, ChapterEnd, PageError, blocks, chapter, chapter_ends

# How pytest names an example of a page: README.md::sybil:embedded,line:12,column:1
EXAMPLE = '::sybil:'


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        '--patience',
        type=float,
        default=30.0,
        metavar='SECONDS',
        help='how long a page waits for lines in a terminal (30)',
    )
    parser.addoption(
        '--chapter',
        action='append',
        metavar='HEADING',
        help='run these chapters of the pages and nothing else; may be given several times',
    )
    parser.addoption(
        '--record',
        type=Path,
        metavar='FOLDER',
        help='write down what the pages’ commands print, and do not fail where it is not shown',
    )


def pytest_configure(config: pytest.Config) -> None:
    for backend in config.stash[BACKENDS]:
        collector = types.ModuleType(f'notes_on_{backend}')
        lacks = {
            'PostgreSQL': lacks_postgresql(config),
            'Prometheus': lacks_prometheus(config),
            **dict.fromkeys(NEEDS_OF_CONTAINERS, lacks_docker(backend)),
        }
        sybil = pages(backend, config.getoption('patience'), config.getoption('record'), lacks)
        collector.__dict__['pytest_collect_file'] = sybil.pytest()
        config.pluginmanager.register(collector)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if headings := config.getoption('chapter'):
        chosen = [item for item in items if _chapter_of(item.nodeid) in headings]
        config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
        items[:] = chosen
    if hasattr(config, 'workerinput'):
        items[:] = _live_tests_between_chapters(items)


def _live_tests_between_chapters(items: list[pytest.Item]) -> list[pytest.Item]:
    """Mix what computes with what waits, so that neither has the processors for itself.

    The longest chapters come first, and tests that start nothing last.
    """
    chapters: dict[str, list[pytest.Item]] = {}
    live, others = [], []
    for item in items:
        if (scope := _scope_of(item.nodeid)) != item.nodeid:
            chapters.setdefault(scope, []).append(item)
        elif item.nodeid.startswith('tests/live/'):
            live.append(item)
        else:
            others.append(item)
    order = []
    for number, blocks_of_one in enumerate(sorted(chapters.values(), key=len, reverse=True)):
        begin, end = (len(live) * n // len(chapters) for n in (number, number + 1))
        order += [*blocks_of_one, *live[begin:end]]
    return [*order, *([] if chapters else live), *others]


class ChapterScheduling(LoadScopeScheduling):
    """Gives each process one test after the other, but the blocks of a chapter all to one.

    A chapter's back-ends come one after the other too, for Flower's port stands on the page.
    """

    def _split_scope(self, nodeid: str) -> str:
        return _scope_of(nodeid)


def _scope_of(nodeid: str) -> str:
    """The tests of one scope are run by one process."""
    heading = _chapter_of(nodeid)
    return nodeid if heading is None else f'{nodeid.partition(EXAMPLE)[0]} {heading}'


def _chapter_of(nodeid: str) -> str | None:
    """The chapter of a page's block; None for another test."""
    page, _, block = nodeid.partition(EXAMPLE)
    if not block:
        return None
    return chapter(_read(REPOSITORY / page), int(block.split(',')[1].removeprefix('line:')))


_read = functools.cache(Path.read_text)


@functools.cache
def _block_lines(page: str) -> set[int]:
    return set(coverage.lines(_read(REPOSITORY / page)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ChapterScheduling:
    # Each process has put them in order.
    config.option.loadscopereorder = False
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


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say of each page and back-end how many blocks were run, and why others were not."""
    ended = [
        (report.nodeid, report.longrepr[2].removeprefix('Skipped: ') if report.skipped else None)
        for outcome in ('passed', 'failed', 'skipped')
        for report in terminalreporter.stats.get(outcome, [])
        if EXAMPLE in report.nodeid and (report.when == 'call' or report.skipped)
    ]
    found: dict[tuple[str, str], coverage.Coverage] = {}
    for nodeid, reason in sorted(ended, key=str):
        page, _, block = nodeid.partition(EXAMPLE)
        backend, line, _ = block.split(',')
        if int(line.removeprefix('line:')) in _block_lines(page):
            found.setdefault((page, backend), coverage.Coverage()).add(reason)
    for (page, backend), counted in found.items():
        terminalreporter.write_line(f'{page} on {backend}: {counted.sentence()}.')


def pages(
    backend: str, patience: float, record: Path | None, lacks: Mapping[str, str | None]
) -> Sybil:
    """Make the collector of one back-end.

    Args:
        backend: ``embedded``, ``native`` or ``compose``. Conditions of skips know it as
            ``backend``, and its broker, ``Redis`` or ``RabbitMQ``, as ``broker``.
        patience: how many seconds a page waits for lines in a terminal.
        record: the folder to write down in what was printed; without one, the pages are tested.
        lacks: why chapters are skipped, if they are, by what they need.
    """

    def setup(namespace: dict[str, Any]) -> None:
        recorder = Recorder(record) if record else None
        namespace.update(backend=backend, broker=BROKERS[backend])
        namespace.update(patience=patience, recorder=recorder)
        namespace.update(lacks=lacks)

    def teardown(namespace: dict[str, Any]) -> None:
        if run := namespace.get('run'):
            run.close()

    return Sybil(
        [_regions, SkipParser()],
        patterns=['*.md'],
        excludes=['*/*.md'],
        path=str(REPOSITORY),
        setup=setup,
        teardown=teardown,
        fixtures=[backend],
        name=backend,
    )


def _regions(document: Document) -> Iterable[Region]:
    try:
        found = blocks(document)
    except PageError as error:
        raise pytest.Collector.CollectError(str(error)) from None
    for fence, block in found:
        if block.kind not in NOT_RUN:
            yield Region(fence.start, fence.end, block, _evaluate)
    for position, end in chapter_ends(document, found):
        yield Region(position, position, end, _evaluate_end)


def _evaluate(example: Example) -> str | None:
    block: Block = example.parsed
    if block.needs and (reason := example.namespace['lacks'][block.needs]):
        raise SkipTest(reason)
    try:
        _run_of(block.chapter, example).run(block)
    except MismatchError as mismatch:
        return f'{example.path}:{mismatch.line}: {mismatch}'
    return None


def _evaluate_end(example: Example) -> str | None:
    end: ChapterEnd = example.parsed
    # Where a single block was asked for, or all were skipped, nothing was run.
    if example.namespace.get('chapter') != end.chapter:
        return None
    try:
        example.namespace['run'].end(end.line, end.leaves)
    except MismatchError as mismatch:
        return f'{example.path}:{mismatch.line}: {mismatch}'
    return None


def _run_of(chapter: str, example: Example) -> ChapterRun:
    """Each chapter begins with nothing, so that a reader can begin with any of them."""
    namespace = example.namespace
    if namespace.get('chapter') != chapter:
        if before := namespace.pop('run', None):
            before.close()
        namespace['chapter'] = chapter
        namespace['run'] = ChapterRun(
            Path(example.path).name,
            chapter,
            namespace[namespace['backend']],
            namespace['patience'],
            namespace['recorder'],
        )
    run: ChapterRun = namespace['run']
    return run
