"""Two parts of the tests that all others use: the back-ends, and the runner of the notes."""

from playground.environment import clean_this_process

# A test sends to the back-end that it has started, and nowhere else.
clean_this_process()

pytest_plugins = ['tests.backends', 'tests.notes.plugin']
