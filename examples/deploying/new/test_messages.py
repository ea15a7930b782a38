"""Does this release take what the last one has sent? production.md, chapter 6.

python -m pytest -q test_messages.py
"""

import inspect

import pytest
from shop import app

OLD_MESSAGES = [('shop.send_invoice', [1]), ('shop.pack', [1])]


@pytest.mark.parametrize(('name', 'arguments'), OLD_MESSAGES)
def test_an_old_message_is_understood(name: str, arguments: list[int]) -> None:
    inspect.signature(app.tasks[name].run).bind(*arguments)
