"""Two parts of the tests that all others use: the back-ends, and the runner of the notes."""

pytest_plugins = ['tests.backends', 'tests.notes.plugin']
