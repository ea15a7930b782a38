"""The faults: what is done, to whom, and when."""

import dataclasses
import functools
import signal
from collections.abc import Callable
from typing import Any

from lab.faults import profiles, sends, strikes
from lab.faults.fault import SETTLED_SECONDS, Fault, Moment, Scene
from lab.faults.strikes import Choose
from lab.servers import LOCAL, RABBITMQ, REDIS, THREE_NODES

# `docker stop` gives 10 seconds; tasks that take three times as long show the same sooner.
GRACE_SECONDS = 1.0

# How long a node of a cluster is away, in the quick mode and in the full one. Heartbeats end the
# connections to a silent node after a minute or two, and then the others go on without it.
DEAD_SECONDS = 5.0, 5.0
STUCK_SECONDS = 15.0, 180.0

# Redis gives back what a worker holds after this time, and half of it is vege5.py's limit.
VISIBLE_SECONDS = 3.0
# Of a process of the pool; two tasks of sends.leak bring it there.
MOST_KILOBYTES = 100_000


def of_a_node(
    name: str,
    suffers: str,
    strike: Callable[[Choose, Scene], None],
    away: tuple[float, float],
    full_strikes: int = 100,
) -> tuple[Fault, Fault]:
    """Hit a node of a cluster while tasks are sent to it, and while a worker takes them from it.

    Args:
        name: what the names of both faults begin with.
        suffers: for the table.
        strike: does it.
        away: how long the node is away, in the quick mode and in the full one, in seconds.
        full_strikes: how often it is done in the full mode.
    """
    while_sending = Fault(
        f'{name}-while-sending',
        f'the node of three to which tasks are sent {suffers}',
        functools.partial(strike, strikes.first_node),
        before=0.01,
        after=0,
        brokers=(THREE_NODES,),
        queue_age=SETTLED_SECONDS,
        away=away,
        moment=Moment.WHILE_SENDING,
        full_strikes=full_strikes,
    )
    at_work = dataclasses.replace(
        while_sending,
        name=f'{name}-at-work',
        description=f'the node of three to which the worker is connected {suffers}',
        strike=functools.partial(strike, strikes.node_of_the_worker),
        before=0.1,
        after=0.1,
        moment=Moment.AT_WORK,
    )
    return while_sending, at_work


def redis_that_looks(visible_seconds: float, **further: Any) -> dict[str, Any]:
    """Settings with which a worker often looks for what Redis should give back.

    Args:
        visible_seconds: after this time it is given back.
        further: settings beside that.
    """
    options = {**profiles.SHORTER_OPTIONS, 'visibility_timeout': visible_seconds}
    return {'broker_transport_options': options, **further}


# Nothing strikes here: the fault lies in the tasks themselves, or in their time.
in_the_tasks = functools.partial(
    Fault, strike=strikes.nothing, moment=Moment.ALWAYS, full_strikes=20
)

FAULTS = {
    fault.name: fault
    for fault in (
        Fault(
            'worker-killed-before',
            'SIGKILL for the worker and its processes, before the effect of its tasks',
            lambda scene: scene.worker.kill(),
            before=0.2,
            after=0,
            strikes=2,
        ),
        Fault(
            'worker-killed-after',
            'the same, after the effect',
            lambda scene: scene.worker.kill(),
            before=0,
            after=0.2,
            strikes=2,
        ),
        Fault(
            'process-killed',
            'SIGKILL for one process of the pool',
            lambda scene: scene.worker.kill_a_process(scene.chance),
            strikes=2,
        ),
        Fault(
            'sigterm',
            'SIGTERM for the worker',
            lambda scene: scene.worker.end(signal.SIGTERM),
            strikes=2,
            full_strikes=20,
        ),
        Fault(
            'sigquit',
            'SIGQUIT for the worker',
            lambda scene: scene.worker.end(signal.SIGQUIT),
            strikes=2,
            full_strikes=20,
        ),
        Fault(
            'stop-then-kill',
            'SIGTERM, then SIGKILL while its tasks still run, as docker stop does it',
            lambda scene: scene.worker.end_or_kill(GRACE_SECONDS),
            before=1.5,
            after=1.5,
            tasks=4,
            strikes=2,
        ),
        Fault(
            'broker-stopped',
            'SIGTERM for the broker while the worker works; it is started again',
            strikes.stop_the_broker,
            brokers=LOCAL,
            queue_age=SETTLED_SECONDS,
            full_strikes=20,
        ),
        Fault(
            'broker-killed-at-work',
            'SIGKILL for the broker while the worker works; it is started again',
            strikes.kill_the_broker,
            brokers=LOCAL,
            queue_age=SETTLED_SECONDS,
        ),
        Fault(
            'broker-killed-after-publish',
            'SIGKILL for the broker as soon as the calls have returned; no worker runs yet',
            strikes.kill_the_broker,
            before=0.01,
            after=0,
            brokers=LOCAL,
            queue_age=SETTLED_SECONDS,
            moment=Moment.AFTER_SENDING,
        ),
        Fault(
            'broker-killed-while-sending',
            'SIGKILL for the broker while tasks are sent; it is started again',
            strikes.kill_the_broker,
            before=0.01,
            after=0,
            brokers=LOCAL,
            queue_age=SETTLED_SECONDS,
            moment=Moment.WHILE_SENDING,
        ),
        Fault(
            'broker-full-while-sending',
            'no memory left in the broker for a second, while tasks are sent',
            strikes.fill_the_broker,
            before=0.01,
            after=0,
            moment=Moment.WHILE_SENDING,
            full_strikes=20,
        ),
        Fault(
            'broker-full-at-work',
            'the same, while the worker works',
            strikes.fill_the_broker,
            full_strikes=20,
        ),
        Fault(
            'link-cut-while-sending',
            'the connections to the broker are cut for a second, while tasks are sent',
            strikes.cut_the_link,
            before=0.01,
            after=0,
            moment=Moment.WHILE_SENDING,
            linked=True,
            full_strikes=20,
            strikes=2,
        ),
        Fault(
            'link-silent-while-sending',
            'the connections say nothing for three seconds, and then they are cut',
            strikes.silence_the_link,
            before=0.01,
            after=0,
            moment=Moment.WHILE_SENDING,
            linked=True,
            full_strikes=20,
        ),
        Fault(
            'link-cut-at-work',
            'the connections to the broker are cut for a second, while the worker works',
            strikes.cut_the_link,
            linked=True,
            full_strikes=20,
            strikes=2,
        ),
        Fault(
            'link-silent-at-work',
            'the connections say nothing for three seconds, while the worker works, and are cut',
            strikes.silence_the_link,
            linked=True,
            full_strikes=20,
        ),
        Fault(
            'results-killed',
            'SIGKILL for the result backend while the worker works; it is back a second later',
            strikes.kill_the_results,
            looks_at_results=True,
        ),
        *of_a_node(
            'node-killed', 'gets SIGKILL; it is started again', strikes.kill_a_node, DEAD_SECONDS
        ),
        *of_a_node(
            'node-paused', 'is frozen, and goes on later', strikes.pause_a_node, STUCK_SECONDS, 10
        ),
        *of_a_node(
            'node-cut-off', 'has no network for a while', strikes.cut_off_a_node, STUCK_SECONDS, 10
        ),
        in_the_tasks(
            'time-limits',
            'two of five tasks take too long: one for its hard time limit, one for its soft one',
            looks_at_results=True,
            send=sends.work_over_limits,
        ),
        in_the_tasks(
            'duplicate-id',
            'each task is sent twice with one id',
            send=sends.work_twice,
        ),
        in_the_tasks(
            'visibility-timeout-passed',
            'four tasks take longer than the visibility timeout, and four wait for them',
            before=0,
            after=1.5 * VISIBLE_SECONDS,
            tasks=8,
            brokers=(REDIS,),
            looks_at_results=True,
            send=sends.work_long,
            settings={
                'default': redis_that_looks(VISIBLE_SECONDS),
                'vege5': redis_that_looks(
                    VISIBLE_SECONDS,
                    task_time_limit=VISIBLE_SECONDS / 2,
                    task_soft_time_limit=VISIBLE_SECONDS * 0.45,
                ),
            },
        ),
        in_the_tasks(
            'eta-past-visibility-timeout',
            'the countdown of the tasks is longer than the visibility timeout',
            before=0,
            after=0,
            tasks=8,
            brokers=(REDIS,),
            send=sends.work_later,
            countdown=1.5 * VISIBLE_SECONDS,
            settings={name: redis_that_looks(VISIBLE_SECONDS) for name in profiles.NAMES},
        ),
        Fault(
            'eta-past-consumer-timeout',
            'the countdown of the tasks is longer than the consumer_timeout of RabbitMQ',
            strikes.wait_for_the_countdown,
            before=0,
            after=0,
            tasks=8,
            moment=Moment.ALWAYS,
            brokers=(RABBITMQ,),
            send=sends.work_later,
            countdown=2 * strikes.PATIENT_SECONDS,
            arrange=strikes.impatient,
            notices={'Unrecoverable error: PreconditionFailed': 'ends of a worker'},
            full_strikes=20,
        ),
        in_the_tasks(
            'two-beats',
            'two beats with one schedule send the tasks; what is sent is a slot of it',
            tasks=4,
            beats=2,
        ),
        Fault(
            'beat-killed-at-tick',
            'SIGKILL for beat around its tick, and it is started again; vege5 changes no beat',
            strikes.kill_a_beat,
            moment=Moment.ALWAYS,
            beats=1,
            strikes=2,
        ),
        Fault(
            'beat-clock-back',
            'the clock of beat goes ten seconds back; vege5 changes no beat',
            strikes.put_the_clock_of_a_beat_back,
            moment=Moment.ALWAYS,
            beats=1,
            with_clock=True,
            full_strikes=20,
        ),
        Fault(
            'clock-ahead',
            'the clock of the worker is two hours ahead for three seconds',
            functools.partial(strikes.set_the_clock_wrong, strikes.CLOCK_SECONDS),
            # So long that Redis is asked, meanwhile, for what it should give back.
            before=0.5,
            after=1.5,
            tasks=8,
            with_clock=True,
            settings={name: redis_that_looks(3600) for name in profiles.NAMES},
            full_strikes=20,
        ),
        Fault(
            'clock-ahead-past-expires',
            'the same, and each task expires after an hour',
            functools.partial(strikes.set_the_clock_wrong, strikes.CLOCK_SECONDS),
            looks_at_results=True,
            send=sends.work_that_expires,
            with_clock=True,
            full_strikes=20,
        ),
        Fault(
            'clock-back-before-countdown',
            'the clock of the worker is two hours behind for three seconds, and tasks with a'
            ' countdown arrive',
            functools.partial(strikes.set_the_clock_wrong, -strikes.CLOCK_SECONDS),
            before=0.01,
            after=0,
            moment=Moment.WHILE_SENDING,
            send=sends.work_later,
            countdown=1.0,
            with_clock=True,
            full_strikes=20,
        ),
        in_the_tasks(
            'leak',
            'tasks keep memory; a process that has too much is replaced after its task',
            send=sends.leak,
            settings={
                name: {'worker_max_memory_per_child': MOST_KILOBYTES} for name in profiles.NAMES
            },
            notices={r'ForkPoolWorker-\d+': 'processes that worked'},
        ),
        in_the_tasks(
            'poison-task',
            'some tasks end their process each time they run; the others are counted',
            looks_at_results=True,
            send=sends.work_beside_poison,
        ),
        in_the_tasks(
            'undecodable-message',
            'some messages have a body that no worker can take; the good tasks are counted',
            send=sends.work_beside_garbage,
        ),
    )
}
