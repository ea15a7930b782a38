"""What make faults keeps, and what it makes of it."""

import importlib.metadata
import json
from pathlib import Path
from typing import Any

import pytest

from lab import page as lab_page
from lab import servers
from lab.faults import picture, profiles, report, run
from lab.faults.experiments import FAULTS
from lab.results import Results, choices
from playground.errors import PlaygroundError
from playground.virtual_environment import REPOSITORY

CHOICES = {'strikes': 3, **choices('full', 1)}
ROW: dict[str, Any] = {
    'fault': 'sigquit',
    'profile': 'default',
    'broker': 'RabbitMQ',
    'version': '3.10.8',
    'strikes': 3,
    'attempted': 62,
    'accepted': 60,
    'recovered': 1,
    'lost': 6,
    'duplicated': 2,
    'duplicated_once': 0,
    'done without a result': 0,
    'states': {'SUCCESS': 54, 'FAILURE': 2},
    'notices': {'ends of a worker': 1, 'replaced processes': 0},
    'most runs of a task': 4,
    'still in the broker': 5,
    'seconds to recover': 2.34,
    'hangs of the worker': 0,
    'the worker stays': True,
}


def results(path: Path, chosen: dict[str, Any] = CHOICES) -> Results:
    return Results(path, 'make faults', chosen, run.KEYS)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / 'results.json'


def test_a_run_goes_on_where_it_was_interrupted(path: Path) -> None:
    results(path).add(ROW)
    again = results(path)
    assert again.rows == [ROW]
    assert again.has('sigquit', 'default', 'RabbitMQ')
    assert not again.has('sigquit', 'vege5', 'RabbitMQ')
    assert not again.has('sigquit', 'default', 'Redis')
    assert [found.name for found in path.parent.iterdir()] == [path.name]


def test_the_rows_of_two_runs_are_not_mixed(path: Path) -> None:
    results(path).add(ROW)
    with pytest.raises(PlaygroundError, match=r'other choices \(strikes\): remove it'):
        results(path, {**CHOICES, 'strikes': 100})
    assert results(path).rows == [ROW]


@pytest.mark.parametrize(
    'text', ['', '{', '[]', '{"rows": []}', 'null', '{"choices": 1, "rows": 2}']
)
def test_another_file_is_left_alone(path: Path, text: str) -> None:
    path.write_text(text)
    with pytest.raises(PlaygroundError, match='holds no results of make faults'):
        results(path)
    assert path.read_text() == text


def test_a_row_becomes_a_line() -> None:
    [line] = [line for line in report.section([ROW]).splitlines() if '6 of 60' in line]
    assert line == (
        '| `sigquit` | default | 3 | 6 of 60 | 4.66% to 20.15% | 2 | 0 | 2.3 s |'
        ' calls that raised an error: 2, of these ran: 1, still in the broker: 5,'
        ' one ran 4 times, 2 FAILURE, ends of a worker: 1 |'
    )


def test_a_pause_needs_a_worker_and_hangs_are_counted() -> None:
    assert report.pause({**ROW, 'fault': 'broker-killed-after-publish'}) == '–'
    assert report.pause({**ROW, 'seconds to recover': None}) == '–'
    assert 'the worker hung once' in report.remarks({**ROW, 'hangs of the worker': 1})
    assert 'the worker hung 2 times' in report.remarks({**ROW, 'hangs of the worker': 2})


def test_results_take_the_place_of_the_last_ones(path: Path, tmp_path: Path) -> None:
    page = report.PAGE.read_text()
    none, one = results(tmp_path / 'none.json'), results(path)
    one.add(ROW)
    once = report.with_results(page, one)
    assert once.startswith(page.partition(lab_page.BEGIN)[0].rstrip())
    assert report.with_results(once, one) == once
    assert '6 of 60' not in report.with_results(once, none)


def test_the_page_says_what_is_not_counted_yet(path: Path) -> None:
    kept = results(path)
    every = report.missing(kept.rows)
    # Only the newest RabbitMQ takes part.
    kept.add(ROW)
    assert report.missing(kept.rows) == every
    kept.add({**ROW, 'broker': servers.REDIS})
    assert report.missing(kept.rows) == every - 1
    page = report.with_results('', kept)
    assert f'This run goes on: {every - 1} of its rows are not counted yet.' in page
    assert f'Celery {importlib.metadata.version("celery")}' in page
    assert 'seed 1.' in page


def test_the_page_tells_each_fault() -> None:
    page = report.PAGE.read_text()
    for name in FAULTS:
        assert f'`{name}`' in page


def test_the_picture_has_a_point_for_each_row_and_both_themes(tmp_path: Path) -> None:
    path = tmp_path / 'results.svg'
    rows = [ROW, {**ROW, 'profile': 'vege5', 'lost': 0}, {**ROW, 'broker': 'Redis', 'lost': 60}]
    picture.draw(rows, path)
    drawn = path.read_text()
    for text in 'sigquit', 'RabbitMQ', 'Redis', "Celery's own settings", 'vege5.py':
        assert f'<!-- {text} -->' in drawn
    assert drawn.count('<!-- sigquit -->') == 1
    assert '@media (prefers-color-scheme: dark)' in drawn
    picture.draw(rows, path)
    assert path.read_text() == drawn


def test_the_page_shows_the_committed_results(tmp_path: Path) -> None:
    kept = results(run.SHOWN, json.loads(run.SHOWN.read_text())['choices'])
    page = report.PAGE.read_text()
    assert report.with_results(page, kept) == page
    picture.draw(kept.rows, tmp_path / 'results.svg')
    assert (tmp_path / 'results.svg').read_text() == picture.PATH.read_text()


IN_CHAPTER_12 = (
    *('worker-killed-before', 'worker-killed-after', 'process-killed', 'sigterm', 'sigquit'),
    *('stop-then-kill', 'broker-stopped', 'broker-killed-at-work', 'broker-killed-while-sending'),
    *('link-cut-while-sending', 'link-silent-while-sending'),
)


def test_chapter_12_shows_the_committed_results() -> None:
    rows = {
        tuple(row[key] for key in run.KEYS): row
        for row in json.loads(run.SHOWN.read_text())['rows']
    }
    page = (REPOSITORY / 'production.md').read_text()
    brokers = servers.RABBITMQ_IN_DOCKER, servers.REDIS
    for fault in IN_CHAPTER_12:
        shown = [rows[fault, profile, broker] for broker in brokers for profile in profiles.NAMES]
        assert {row['strikes'] for row in shown} <= {20, 100}
        assert [row['version'] for row in shown] == ['4.3.6'] * 2 + ['7.0.15'] * 2
        cells = [f'{row["lost"]:,} of {row["accepted"]:,}' for row in shown]
        assert f'\n| `{fault}` | {" | ".join(cells)} |\n' in page
    for profile in profiles.NAMES:
        for broker in brokers:
            row = rows['worker-killed-before', profile, broker]
            assert (row['strikes'], row['accepted']) == (100, 5000)
    worker = rows['worker-killed-before', 'default', servers.REDIS]
    assert f'Of the {worker["lost"]:,} of Redis {worker["still in the broker"]:,} are' in page
    with_aof = [
        rows[fault, 'vege5', servers.REDIS_WITH_AOF]['lost']
        for fault in ('broker-killed-at-work', 'broker-killed-while-sending')
    ]
    lost = 'vege5.py lost {} of 5,000 when it was killed at work, and {} while tasks were sent.'
    assert lost.format(*with_aof) in ' '.join(page.split())
