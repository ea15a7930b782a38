"""The package layout of a larger project. README.md, chapter 3.

celery -A basic_setup worker -l info
"""
