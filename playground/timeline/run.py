"""make timeline: draws canvases of vege4.py into pictures/."""

import os
from pathlib import Path

from celery import Signature

from playground import services
from playground.errors import PlaygroundError
from playground.session import Session
from playground.terminal import Terminal, reader_environment
from playground.timeline.drawing import draw
from playground.timeline.recording import record
from playground.virtual_environment import REPOSITORY

PICTURES = Path('pictures')
PROCESSES = [f'ForkPoolWorker-{number}' for number in range(1, 5)]
WORKER = (
    f'celery -A vege4 worker -l info -c {len(PROCESSES)} -E -n timeline@%h'
    ' -I playground.timeline.announcer'
)
START_SECONDS = 30.0


def run(name: str | None) -> int:
    """Run one canvas, or each, on a private embedded back-end, and draw what happened.

    Args:
        name: a key of ``vege4.canvases``; without one, all are drawn.

    Raises:
        PlaygroundError: there is no such canvas, or it cannot be run.
    """
    import vege4

    chosen: dict[str, Signature] = dict(vege4.canvases)
    if name is not None:
        if name not in chosen:
            raise PlaygroundError(
                f'there is no canvas {name!r} in vege4.py: choose one of {", ".join(chosen)},'
                ' or leave it out to draw them all'
            )
        chosen = {name: chosen[name]}
    with Session() as session:
        running = services.start('embedded', session)
        os.environ.update(running.environment)
        worker = Terminal(session, 'worker', WORKER, reader_environment(running))
        worker.wait_for(' ready.', START_SECONDS)
        for title, canvas in chosen.items():
            bars = record(vege4.app, canvas)
            picture = PICTURES / f'timeline-{title}.svg'
            draw(title, bars, PROCESSES, REPOSITORY / picture)
            tasks = 'task' if len(bars) == 1 else 'tasks'
            seconds = max(bar.end for bar in bars)
            print(f'{picture}: {len(bars)} {tasks} in {seconds:.1f} seconds', flush=True)
    return 0
