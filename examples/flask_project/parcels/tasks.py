"""The tasks: each belongs to the app that the factory has made."""

from celery import shared_task
from flask import current_app


@shared_task
def write_label(to: str) -> str:
    return f'from {current_app.config["SENDER"]} to {to}'
