"""Which brokers make faults hits."""

import pytest

from lab import servers
from lab.faults import run
from playground import docker

LOCAL = {servers.RABBITMQ, servers.REDIS, servers.REDIS_WITH_AOF}
IN_DOCKER = {servers.RABBITMQ_IN_DOCKER, servers.THREE_NODES}


@pytest.mark.parametrize(
    ('quick', 'all_faults', 'engine', 'expected'),
    [
        (True, True, True, LOCAL),
        (True, False, True, LOCAL | IN_DOCKER),
        (False, True, True, (LOCAL | IN_DOCKER) - {servers.RABBITMQ}),
        (False, True, False, LOCAL | IN_DOCKER),
        (False, False, True, LOCAL | IN_DOCKER),
    ],
)
def test_a_full_run_takes_one_rabbitmq(
    monkeypatch: pytest.MonkeyPatch,
    quick: bool,
    all_faults: bool,
    engine: bool,
    expected: set[str],
) -> None:
    monkeypatch.setattr(docker, 'engine_answers', lambda: engine)
    assert set(run.brokers_of(quick, all_faults)) == expected
