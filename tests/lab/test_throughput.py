"""make throughput: it counts right, its arithmetic is right, and its tables say what was found."""

import json
import multiprocessing
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from lab import servers
from lab.results import Row
from lab.servers import RABBITMQ, REDIS
from lab.throughput import (
    contenders,
    environments,
    layers,
    machine,
    measure,
    picture,
    program,
    report,
    run,
)
from lab.throughput.contenders import (
    CEILINGS,
    DEFAULT,
    DRAINS,
    PEER_DRAINS,
    PEER_SENDERS,
    SENDERS,
    TUNED,
    Contender,
)
from lab.throughput.marks import Marks
from playground.session import Session
from playground.virtual_environment import REPOSITORY
from tests.backends import skip_without_native

TASKS = 200


@pytest.fixture
def marks(tmp_path: Path) -> Marks:
    return Marks(tmp_path / 'marks', TASKS)


def run_some(path: Path, numbers: list[int]) -> None:
    for number in numbers:
        Marks(path, TASKS).run(number)


def test_processes_share_their_notes(tmp_path: Path, marks: Marks) -> None:
    context = multiprocessing.get_context('spawn')
    for numbers in [1, 2, 3], [3, 4, 3]:
        process = context.Process(target=run_some, args=(tmp_path / 'marks', numbers))
        process.start()
        process.join(60)
    assert list(marks.runs[:6]) == [0, 1, 1, 3, 1, 0]
    assert marks.ran == 4
    assert marks.repeated == 2
    assert marks.process[1] == marks.process[2] != marks.process[4]


def note(marks: Marks, number: int, moment: float, process: int = 1) -> None:
    marks.runs[number], marks.done[number], marks.process[number] = 1, moment, process


def test_a_rate_leaves_out_the_start_and_the_end(marks: Marks) -> None:
    for number in range(TASKS):
        # A hundred a second, after a slow start and before a slow end.
        note(marks, number, number / 100)
    note(marks, 0, -50)
    note(marks, TASKS - 1, 50)
    assert measure.rate(marks) == pytest.approx(100)


def test_a_rate_begins_when_each_process_has_begun(marks: Marks) -> None:
    for number in range(100):
        note(marks, number, number / 10)
    for number in range(100, TASKS):
        # Two processes do twice as much.
        note(marks, number, 10 + number / 20, process=number % 2)
    assert measure.rate(marks) == pytest.approx(20)


def test_a_process_for_each_task_has_a_rate(marks: Marks) -> None:
    for number in range(TASKS):
        note(marks, number, number / 10, process=number)
    assert measure.rate(marks) == pytest.approx(10)


def test_a_rate_of_one_moment_is_none(marks: Marks) -> None:
    for number in range(TASKS):
        note(marks, number, 5.0)
    assert measure.rate(marks) != measure.rate(marks)


def test_percentiles_are_those_of_all_waits() -> None:
    assert measure.percentiles(list(range(101))) == {'p50': 50, 'p95': 95, 'p99': 99}


def server(request: pytest.FixtureRequest, session: Session, broker: str) -> servers.Server:
    skip_without_native(request.config)
    return servers.start(session, broker)


@pytest.mark.parametrize(
    ('fault', 'missing', 'repeated'), [('drop', 20, 0), ('repeat', 0, 20), ('none', 0, 0)]
)
def test_it_counts_what_a_faulty_worker_does(
    request: pytest.FixtureRequest,
    session: Session,
    monkeypatch: pytest.MonkeyPatch,
    fault: str,
    missing: int,
    repeated: int,
) -> None:
    monkeypatch.setattr(program, 'STILL_SECONDS', 1.0)
    redis = server(request, session, REDIS)
    contender = Contender(
        fault,
        (f'python -m tests.lab.faulty_worker {fault}',),
        program=f'{contenders.PROGRAMS}.raw_redis',
    )
    row = measure.drain(session, redis, contender, TASKS)
    assert (row['missing'], row['repeated']) == (missing, repeated)


@pytest.mark.parametrize('broker', [RABBITMQ, REDIS])
def test_celery_runs_each_task_once(
    request: pytest.FixtureRequest, session: Session, broker: str
) -> None:
    named = {each.name: each for each in DRAINS}
    started = server(request, session, broker)
    for name in TUNED, '`chunks` of 100':
        row = measure.drain(session, started, named[name], TASKS)
        assert (row['missing'], row['repeated']) == (0, 0)
        assert row['rate'] > 0
        assert row['memory'] > 10
    amount = measure.Amount(drain={}, send=0, rate=50, latency=20)
    row = measure.latency(session, started, named[TUNED], amount)
    assert 0 < row['p50'] <= row['p95'] <= row['p99']
    assert (row['missing'], row['repeated']) == (0, 0)
    for sender in SENDERS:
        if broker in sender.brokers:
            assert measure.send(session, started, sender, TASKS)['rate'] > 0


def test_names_are_unique() -> None:
    for of_mode in (*DRAINS, *PEER_DRAINS, *CEILINGS), (*SENDERS, *PEER_SENDERS, *CEILINGS):
        names = [each.name for each in of_mode]
        assert len(set(names)) == len(names)
        assert all(each.price for each in of_mode if each.name[0] == '`')


def test_the_short_mode_is_part_of_the_full_one() -> None:
    short = {part.key[:3] for part in run.parts(peers=False, full=False)}
    full = [part.key for part in run.parts(peers=True, full=True)]
    assert short < {key[:3] for key in full}
    assert len(set(full)) == len(full)
    assert {key[3] for key in full} == {0, 1, 2, 3, 4}
    rounds = [key for key in full if key[0] != 'layers']
    first, second = ([key[:3] for key in rounds if key[3] == number] for number in (0, 1))
    assert first != second
    assert sorted(first) == sorted(second)


def row(contender: str, number: int, rate: float, others: float = 0.0, **more: Any) -> Row:
    return {
        'mode': 'drain',
        'broker': RABBITMQ,
        'contender': contender,
        'round': number,
        'version': '4.3.6',
        'rate': rate,
        'memory': 104.4,
        'others': others,
        'missing': 0,
        'repeated': 0,
        **more,
    }


ROWS = [
    row(DEFAULT, 0, 1000),
    row(DEFAULT, 1, 2000),
    row('`-P solo`', 1, 6000),
    row('`-P solo`', 0, 2000),
]


def test_a_factor_is_that_of_the_same_round() -> None:
    assert report.factors(ROWS, 'drain', RABBITMQ, '`-P solo`') == [2, 3]
    [line] = [line for line in report.section(ROWS).splitlines() if line.startswith('| `-P')]
    assert line.startswith('| `-P solo` | 4,000 ± 2,828 | 2.50 ± 0.71 | 104 | no time limits')
    assert '4.3.6' in report.section(ROWS)
    assert 'busy' not in report.section(ROWS)


@pytest.mark.parametrize(
    ('found', 'beside'),
    [
        ({'others': 0.3}, ' \\*'),
        ({'missing': 20}, ' (20 tasks never ran)'),
        ({'repeated': 3}, ' (3 tasks ran twice)'),
    ],
)
def test_what_spoils_a_figure_stands_beside_it(found: dict[str, Any], beside: str) -> None:
    made = report.section([row(DEFAULT, 0, 1000, **found)])
    assert f'| {DEFAULT}{beside} |' in made
    assert ('up to 30% of it' in made) == ('others' in found)


def test_the_picture_has_both_themes(tmp_path: Path) -> None:
    path = tmp_path / 'results.svg'
    picture.draw(ROWS, path)
    drawn = path.read_text()
    assert '<!-- -P solo -->' in drawn
    assert '@media (prefers-color-scheme: dark)' in drawn
    picture.draw(ROWS, path)
    assert path.read_text() == drawn


LOOKS = """
main (bin/celery:8);loop (celery/worker/loops.py:97);read (amqp/transport.py:9);recv (socket.py:1) 6
main (bin/celery:8);loop (celery/worker/loops.py:97);trace (celery/app/trace.py:500) 1
main (bin/celery:8);loop (celery/worker/loops.py:97);mark (lab/throughput/marks.py:5) 2
main (bin/celery:8);loop (celery/worker/loops.py:97);load (kombu/x.py:5);raw (json/decoder.py:3) 1
main (bin/celery:8);load (<frozen importlib>:97);make (celery/app/base.py:500) 90
"""


def test_a_look_belongs_to_its_innermost_layer() -> None:
    assert layers.shares(LOOKS.strip().splitlines(), layers.WORKING) == {
        'your task': 0.2,
        'Celery: tracer': 0.1,
        'kombu': 0.1,
        'py-amqp': 0.6,
    }
    assert layers.layer(['main (run.py:3)', 'sleep']) == layers.OTHER


def test_the_picture_of_the_layers_names_them(tmp_path: Path) -> None:
    shares = {'Celery: tracer': 0.3, 'py-amqp': 0.68, 'kombu': 0.02}
    looked = [{**ROWS[0], 'mode': 'layers', 'contender': layers.WORKER, 'shares': shares}]
    picture.draw_layers(looked, tmp_path / 'layers.svg')
    drawn = (tmp_path / 'layers.svg').read_text()
    for text in 'py-amqp', 'tracer', f'{layers.WORKER}, {RABBITMQ}':
        assert f'<!-- {text} -->' in drawn
    assert '@media (prefers-color-scheme: dark)' in drawn
    [line] = [line for line in report.section(looked).splitlines() if layers.WORKER in line]
    assert line == f'| {layers.WORKER} | 0% | 30% | 0% | 2% | 68% | 0% | 0% |'


def test_pins_are_those_of_the_notes() -> None:
    notes = (REPOSITORY / 'requirements.txt').read_text()
    for path in environments.REQUIREMENTS.values():
        pins = (REPOSITORY / path).read_text()
        for name, version in re.findall(r'^([\w-]+)==(\S+)', pins, re.MULTILINE):
            found = re.search(rf'^{name}==(\S+)', notes, re.MULTILINE)
            assert found is None or found[1] == version


def test_the_page_shows_the_committed_results(tmp_path: Path) -> None:
    kept = run.opened(run.SHOWN, json.loads(run.SHOWN.read_text())['choices'])
    page = report.PAGE.read_text()
    assert report.with_results(page, kept) == page
    picture.draw(kept.rows, tmp_path / 'results.svg')
    picture.draw_layers(kept.rows, tmp_path / 'results-layers.svg')
    for path in picture.PATH, picture.layers_beside(picture.PATH):
        assert (tmp_path / path.name).read_text() == path.read_text()


def test_what_root_may_not_run_is_left_out_and_said() -> None:
    rows = list(run.parts(peers=False, full=True))
    assert run.without_root(rows, root=False) == (rows, '')
    left, sentence = run.without_root(rows, root=True)
    assert {part.contender.name for part in rows if part not in left} == {
        '`task_serializer="pickle"`'
    }
    assert sentence.endswith(': `task_serializer="pickle"`')
    assert run.without_root(left, root=True) == (left, '')


def test_it_waits_until_our_programs_are_at_rest() -> None:
    loop = 'import time; print(flush=True); end = time.monotonic() + 2'
    command = [sys.executable, '-c', f'{loop}\nwhile time.monotonic() < end: pass']
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        begin = time.monotonic()
        machine.settle()
        assert process.poll() is not None or time.monotonic() - begin > machine.SETTLE_SECONDS


def shown(factor: float) -> str:
    return f'{factor:.1f}' if factor < 9.95 else f'{factor:.0f}'


# The rows of the short table in production.md, and their contenders.
SHORT_TABLE = {
    '`task_ignore_result`': '`task_ignore_result`',
    'two workers with `-P solo`': 'two workers, `-P solo`',
    'both, `worker_prefetch_multiplier=128`, `--without-gossip --without-mingle`': TUNED,
    '[chunks](advance.md#map-starmap-chunks-many-small-tasks) of 100': '`chunks` of 100',
    'all of these': f'{TUNED}, and `chunks` of 100',
    'events for Flower (`-E`)': 'events on (`-E`)',
    '`-P gevent -c 100`': '`-P gevent -c 100`',
    'dramatiq, 8 threads in each process': 'dramatiq',
    'taskiq': 'taskiq',
    'huey': 'huey',
    'RQ': 'RQ',
}


def test_the_short_table_shows_the_committed_results() -> None:
    kept = json.loads(run.SHOWN.read_text())['rows']
    page = (REPOSITORY / 'production.md').read_text()
    _, _, table = page.partition('| two processes run tasks that do nothing |')
    rows = table.split('\n\n')[0].splitlines()[2:]
    lines = [[cell.strip() for cell in row.strip('|').split('|')] for row in rows]
    rates = [
        statistics.mean(row['rate'] for row in report.rows_of(kept, report.DRAIN, broker, DEFAULT))
        for broker in (RABBITMQ, REDIS)
    ]
    first = f'Celery as it comes: {rates[0]:,.0f} and {rates[1]:,.0f} tasks a second'
    assert lines[0][0] == first
    assert [name for name, *_ in lines[1:]] == list(SHORT_TABLE)
    for name, *cells in lines[1:]:
        contender = SHORT_TABLE[name]
        for cell, broker in zip(cells, (RABBITMQ, REDIS), strict=False):
            factors = report.factors(kept, report.DRAIN, broker, contender)
            assert cell == (shown(statistics.mean(factors)) if factors else '')
    [bulk] = [each.name for each in SENDERS if 'bulk.py' in each.name]
    bulk_factor, confirmed = (
        statistics.mean(report.factors(kept, report.SEND, RABBITMQ, name))
        for name in (bulk, 'confirms')
    )
    assert f'`bulk.py` sent {shown(bulk_factor)} times as many tasks a second' in page
    assert 1 / confirmed == pytest.approx(3, abs=0.5)
