"""The runner of the notes must fail where a page is wrong, at its line, and say why."""

import re
from pathlib import Path

import pytest

from playground.services.running import Services
from tests.brokers import IN_DOCKER
from tests.notes.nested_run import NestedRun

MEANINGLESS = """\
# A page whose mistakes are found before anything runs

```shell
true
```

<!-- terminl: worker -->
```console
$ celery -A vege worker
```

```bash title=first
true
```

<!-- skip: next if(backend == 'native') -->
```bash
true
```

<!-- leaves: queue slow -->

```console
$ python -c 'print(0.0123)'
0...
```

```python
app = Celery('vege')
```

<!-- terminal: worker -->

```console
$ celery -A vege worker
```
"""

FALSE = """\
# A page on which nothing is true

```console
$ echo hello
hallo
```

```bash
true
exit 3
```

<!-- file: vege.py -->
```python
app = Celery('fruit')
```

<!-- terminal: shell -->
```console
$ celery -A vege shell
```

```pycon
>>> 1 + 1
2
>>> 1 + 2
4
```

```pycon
>>> hello.name
'vege.hello'
>>> 1 / 0
Traceback (most recent call last):
ZeroDivisionError: division by nought
```

<!-- terminal: worker -->
```console
$ echo starting; sleep 1; exit 7
starting
```

```bash
sleep 2
```

<!-- terminal: worker -->
```console
Task received
```

<!-- terminal: other -->
```console
$ echo one
two
```

<!-- terminal: debugger -->
```console
$ printf '(Pdb) '; read typed; echo 42
(Pdb) p 6 * 7
43
```

<!-- terminal: shell -->
```console
^D
```

<!-- skip: next if(backend == 'embedded', reason="shown on another back-end") -->
```console
$ echo skipped
```
"""

TRUE = """\
# A page on which all is true

```bash
cd basic_setup
fruit=apple
```

```console
$ ls *.py
__init__.py
celery.py
celeryconfig.py
tasks.py
$ echo $fruit; false
apple
$ echo $?
1
$ echo one \\
> two
one two
$ cd ..
```

<!-- terminal: clock -->
```console
$ for i in 1 2 3; do echo tick $i; done; trap 'echo bye; exit 0' INT; while :; do sleep 0.1; done
tick 1
...
tick 3
```

<!-- terminal: clock -->
```console
^C
bye
```

<!-- terminal: debugger -->
```console
$ python -m pdb vege.py
> ...vege.py(1)<module>()
-> ...
(Pdb) p 6 * 7
42
(Pdb) number = 5
(Pdb) p number, 'five'
(5, 'five')
(Pdb) quit
```

<!-- terminal: shell -->
```console
$ celery -A vege shell
Python ... on ...
Type "help", "copyright", "credits" or "license" for more information.
(InteractiveConsole)
```

```pycon
>>> hello('Chris')
'hello Chris'
>>> for number in range(2):
...     print(number)
...
0
1
>>> def twice(x):
...     return 2 * x
...
>>> twice(4)
8
>>> print('a\\n\\nb')
a
<BLANKLINE>
b
>>> int('x')
Traceback (most recent call last):
  ...
ValueError: invalid literal for int() with base 10: 'x'
```

<!-- terminal: shell -->
```console
^D
```
"""

KILLED = """\
# A worker that is killed, and one that is not

<!-- terminal: killed -->
```console
$ echo $$ > killed; exec sleep 60
```

```bash
until [ -s killed ]; do sleep 0.1; done
kill -KILL -$(cat killed)
rm killed
```

<!-- terminal: killed -->
```console
Killed
```

<!-- terminal: ended -->
```console
$ true
```

<!-- terminal: ended -->
```console
Killed
```
"""

LEAVING = """\
# A page whose chapters leave something behind

## A queue with a message

```bash
celery -A vege call vege.hello --queue=left
# the end
```

## A key

```bash
python -c "from vege import app; app.backend.client.set('left', 1)"
# the end
```

## A file

```bash
echo left > left.txt
# the end
```

## A process

```bash
sleep 60 &
# the end
```
"""
ON_EACH = {
    'A key': ['key left'],
    'A file': ['file left.txt'],
    'A process': ['process sleep 60'],
}
LEFT = {
    'embedded': {
        'A queue with a message': [*('exchange left', 'message in queue left')],
        **ON_EACH,
    },
    **{
        backend: {
            'A queue with a message': ['exchange left', 'message in queue left', 'queue left'],
            **ON_EACH,
        }
        for backend in ('native', 'compose')
    },
}


@pytest.fixture
def nested(tmp_path: Path) -> NestedRun:
    return NestedRun(tmp_path)


def line_of(page: str, text: str) -> int:
    return page[: page.index(text)].count('\n') + 1


def test_what_means_nothing_is_an_error_at_collection(nested: NestedRun) -> None:
    found = nested.run(MEANINGLESS)
    expected = {
        '```shell': "unknown fence '```shell', so nothing would run it",
        '<!-- terminl': 'is no directive: use <!-- terminal: NAME -->',
        '```bash title': "unknown fence '```bash title=first'",
        '<!-- skip': 'a skip must say why',
        '<!-- leaves': 'is no directive: use <!-- terminal: NAME -->',
        '0...': "a digit beside `...` in '0...' holds by luck",
        '```python': 'a python fence needs <!-- file: NAME --> above it',
        '<!-- terminal: worker -->': 'this comment must stand right above a fenced block',
    }
    assert found.keys() == {line_of(MEANINGLESS, text) for text in expected}
    for text, message in expected.items():
        assert message in found[line_of(MEANINGLESS, text)]


def test_a_fence_that_is_not_closed_is_an_error(nested: NestedRun) -> None:
    assert nested.run('# Title\n\n```bash\ntrue\n') == {3: 'this fence is not closed'}


def test_what_is_false_fails_at_its_line(nested: NestedRun) -> None:
    found = nested.run(FALSE)
    expected = {
        '$ echo hello': '$ echo hello',
        '```bash\ntrue': 'exit status 3',
        "```python\napp = Celery('fruit')": 'these lines are not in vege.py',
        '>>> 1 + 2': '>>> 1 + 2',
        '>>> 1 / 0': '>>> 1 / 0',
        '```console\nTask received': '`echo starting; sleep 1; exit 7` in terminal worker has ended'
        ' with exit status 7; its last lines were:',
        '$ echo one': '`echo one` ended with exit status 0 before it printed these lines:',
        '(Pdb) p 6 * 7': 'before it printed these lines:',
    }
    assert found.keys() == {line_of(FALSE, text) for text in expected}, nested.output
    for text, message in expected.items():
        assert message in found[line_of(FALSE, text)]
    assert '- hallo\n+ hello\n' in nested.output
    assert 'page.md:72: shown on another back-end' in nested.output
    assert re.search(r'\b8 failed, \d passed, 1 skipped', nested.output)


def test_what_is_true_passes(nested: NestedRun) -> None:
    assert nested.run(TRUE) == {}, nested.output
    assert re.search(r'= 9 passed in ', nested.output)


def test_a_page_may_show_that_a_terminal_was_killed(nested: NestedRun) -> None:
    found = nested.run(KILLED)
    [message] = found.values()
    assert 'terminal ended ended with exit status 0, so it was not killed' in message
    assert re.search(r'\b1 failed, 5 passed\b', nested.output)


def test_what_a_chapter_leaves_fails_at_its_end(nested: NestedRun, started: Services) -> None:
    found = nested.run(LEAVING, started)
    lines = enumerate(LEAVING.splitlines(), start=1)
    assert list(found) == [n + 1 for n, line in lines if line == '# the end'], nested.output
    assert set(found.values()) == {f'the chapter leaves, on {started.backend}:'}
    for names in LEFT[started.backend].values():
        for name in names:
            assert f'\n  {name}\n' in nested.output
    assert nested.output.count('or say why it stays, as in\n<!-- leaves: ') == len(found)


def test_a_page_may_say_why_something_stays(nested: NestedRun) -> None:
    page = LEAVING
    for title, left in LEFT['embedded'].items():
        # What is allowed before the first chapter is allowed to each of them.
        above = '# A page whose chapters leave something behind' if title == 'A file' else title
        comment = f'<!-- leaves: {", ".join(left)} reason="shown to be allowed" -->'
        page = page.replace(f'{above}\n', f'{above}\n\n{comment}\n', 1)
    assert nested.run(page) == {}, nested.output


RUNNING_ON = """\
# A page that leaves it to its readers to end what runs

## One

<!-- terminal: worker -->
```console
$ echo one; exec sleep 60
one
```

<!-- terminal: shell -->
```console
$ celery -A vege shell
```

```pycon
>>> 1 + 1
2
```

## Two

```bash
true
```
"""


def test_what_runs_at_the_end_of_a_chapter_is_ended(nested: NestedRun) -> None:
    assert nested.run(RUNNING_ON) == {}, nested.output


NEEDING = """\
# A page with chapters that need a database, a Prometheus, and containers

## One

<!-- needs: PostgreSQL -->

```console
$ echo hello
hallo
```

## Two

<!-- needs: Docker -->

```console
$ echo hello
hallo
```

## Three

<!-- needs: Prometheus -->

```console
$ echo hello
hallo
```

## Four

```console
$ echo hello
hallo
```
"""


def test_a_chapter_is_skipped_where_what_it_needs_is_missing(nested: NestedRun) -> None:
    module = nested.repository / 'playground' / 'services' / 'postgresql.py'
    module.write_text(module.read_text().replace("which('initdb')", "which('no-initdb')"))
    module.write_text(module.read_text().replace("'/usr/lib/postgresql'", "'/nonexistent'"))
    backends = nested.repository / 'tests' / 'backends.py'
    backends.write_text(
        backends.read_text().replace("which('prometheus')", "which('no-prometheus')")
    )
    assert set(nested.run(NEEDING)) == {33}
    reason = 'there is no PostgreSQL on this machine (on Debian: sudo apt install postgresql)'
    assert 'page.md on embedded: 1 blocks run, 3 skipped' in nested.output
    assert f'1: {reason}' in nested.output
    assert '1: there is no Prometheus on this machine' in nested.output
    assert f'1: {IN_DOCKER}' in nested.output
