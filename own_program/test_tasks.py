"""A program of your own: a test that needs no broker and no worker. README.md, chapter 12.

python -m pytest -q test_tasks.py
"""

from tasks import count_words


def test_words_are_counted() -> None:
    assert count_words('one two three') == 3
