"""The four signals of an app, in the order in which they fire. README.md, chapter 10.

python -m examples.app_signals
"""

from multiprocessing import get_context

from celery import Celery

app = Celery('examples.app_signals')


@app.on_configure.connect
def before_settings(sender: Celery, **kwargs: object) -> None:
    print('  on_configure')


@app.on_after_configure.connect
def after_settings(sender: Celery, **kwargs: object) -> None:
    print('  on_after_configure')


@app.on_after_finalize.connect
def after_tasks(sender: Celery, **kwargs: object) -> None:
    print('  on_after_finalize')


@app.on_after_fork.connect
def in_new_process(sender: Celery, **kwargs: object) -> None:
    print('  on_after_fork')


@app.task
def hello(name: str = 'world') -> str:
    return f'hello {name}'


def fork() -> None:
    process = get_context('fork').Process(target=print, args=['a new process runs'])
    process.start()
    process.join()


if __name__ == '__main__':
    print('the app is made')
    print('time zone:', app.timezone)
    print('its task:', app.tasks['examples.app_signals.hello'].name)
    fork()
    print('connections it may open:', app.pool.limit)
    fork()
