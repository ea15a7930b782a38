"""A program of your own: two addresses of a web application. README.md, chapter 12.

flask --app web run --port 5567
"""

from typing import Any

from flask import Flask, request
from tasks import count_words

web = Flask(__name__)


@web.post('/counts')
def start() -> tuple[dict[str, Any], int]:
    result = count_words.delay(request.form['text'])
    return {'id': result.id}, 202


@web.get('/counts/<task_id>')
def show(task_id: str) -> dict[str, Any]:
    result = count_words.AsyncResult(task_id)
    if result.state == 'SUCCESS':
        return {'state': 'SUCCESS', 'words': result.result}
    return {'state': result.state}
