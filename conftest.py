"""What all tests use: the back-ends, the order of the tests, and the runner of the notes."""

from playground.environment import clean_this_process

# A test sends to the back-end that it has started, and nowhere else.
clean_this_process()

pytest_plugins = ['tests.backends', 'tests.order', 'tests.notes.plugin']
