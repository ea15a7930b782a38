"""make faults hits a RabbitMQ in Docker, too, and goes on without one."""

import contextlib
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from lab import containers, servers
from lab.faults.experiments import FAULTS
from lab.faults.run import Ended, Lane, LeftOut
from lab.faults.trial import Size, Trial
from playground.cluster import Cluster, own_cluster
from playground.ports import LOOPBACK
from playground.session import Session
from playground.waiting import wait_until
from tests.backends import skip_without_native
from tests.live.engine import skip_without_engine
from tests.live.launcher import Launcher

SEED = 1
TASKS = 10
SECONDS = 120.0
# Their servers are in containers alone.
CLUSTER = ('--quick', '1', '--fault', 'node-killed-at-work')


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> None:
    """Docker, and the Redis of this machine for the results."""
    skip_without_engine(request.config)
    skip_without_native(request.config)


def test_vege5_loses_nothing_when_a_container_is_killed(engine: None) -> None:
    fault = FAULTS['broker-killed-at-work']
    with Session() as session:
        rabbitmq = servers.start(session, servers.RABBITMQ_IN_DOCKER)
        row = Trial(session, rabbitmq, fault, 'vege5', Size(1, TASKS), SEED).run()
    assert row['accepted'] == row['executed'] == TASKS
    assert row['lost'] == row['unexpected'] == row['duplicated_once'] == 0
    assert row['version'].startswith('4.')


def test_a_server_that_docker_does_not_start_is_left_out(
    engine: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr('lab.containers.SERVICE', 'earthquake')
    ended: queue.Queue[Ended] = queue.Queue()
    faults = [FAULTS['sigterm'], FAULTS['sigquit']]
    with Session() as session:
        Lane(servers.RABBITMQ_IN_DOCKER, 'vege5', faults).run(
            session, True, threading.Semaphore(), ended
        )
    left_out = ended.get_nowait()
    assert isinstance(left_out, LeftOut), left_out
    assert left_out.rows == len(faults)
    assert left_out.reason == (
        'RabbitMQ in Docker, vege5: left out, for docker compose could not start the services'
        ' (no such service: earthquake)'
    )
    assert ended.empty()


def test_nothing_stays_of_a_cluster_of_which_a_node_does_not_start(
    engine: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    names: list[str] = []
    with contextlib.ExitStack() as taken, Session() as session:

        def with_a_taken_port(session: Session) -> Cluster:
            cluster = own_cluster(session)
            names.append(cluster.project.name)
            taken.enter_context(socket.create_server((LOOPBACK, cluster.ports['rabbitmq-3'])))
            return cluster

        monkeypatch.setattr('lab.containers.own_cluster', with_a_taken_port)
        with pytest.raises(containers.NotStartedError):
            servers.start(session, servers.THREE_NODES)
        assert things_of(*names) == []


def things_of(project: str) -> list[str]:
    """List the containers, networks and volumes of a project."""
    label = f'label=com.docker.compose.project={project}'
    kinds = ('ps', '--all'), ('network', 'ls'), ('volume', 'ls')
    return [
        line
        for kind in kinds
        for line in subprocess.run(
            ['docker', *kind, '--quiet', '--filter', label],
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=True,
        ).stdout.split()
    ]


def test_a_lab_that_is_killed_leaves_no_container(engine: None, launcher: Launcher) -> None:
    launcher.start(sys.executable, '-m', 'lab.faults', *CLUSTER)
    assert launcher.process is not None
    runs = launcher.process.poll

    def projects() -> list[str]:
        return [log.stem for log in launcher.temporary.glob('*/celery-notes-test-*.log')]

    def are_up() -> bool:
        # One cluster for each profile: three containers, three volumes and a network.
        return [len(things_of(project)) for project in projects()] == [7, 7]

    assert wait_until(are_up, SECONDS, lambda: runs() is None), launcher.output
    named = projects()
    launcher.signal(signal.SIGKILL)
    assert launcher.wait() == -signal.SIGKILL
    launcher.assert_nothing_is_left()
    assert [things_of(project) for project in named] == [[], []]


def test_without_an_engine_the_rows_are_left_out(launcher: Launcher, tmp_path: Path) -> None:
    results = tmp_path / 'results.json'
    nowhere = f'unix://{tmp_path}/docker.sock'
    command = (sys.executable, '-m', 'lab.faults', *CLUSTER, '--results', str(results))
    launcher.start(*command, variables={'DOCKER_HOST': nowhere})
    assert launcher.wait(SECONDS) == os.EX_OK, launcher.output
    assert launcher.output == 'three RabbitMQ nodes: left out, for no Docker Engine answers\n'
    assert not results.exists()
    launcher.assert_nothing_is_left()
