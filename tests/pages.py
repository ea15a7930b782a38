"""The pages of the notes: each Markdown file of the root."""

from playground.virtual_environment import REPOSITORY

PAGES = sorted(REPOSITORY.glob('*.md'))
