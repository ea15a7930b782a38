"""signing.py without a broker, in a process of its own: it changes kombu for the whole process."""

import os
import subprocess
import sys
from pathlib import Path

from playground.virtual_environment import REPOSITORY

SECONDS = 30.0
OPENSSL = 'openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=notes -keyout {} -out {}'

CALL = """
from kombu.serialization import dumps
from examples.signing import app, pay
app.conf.task_always_eager = True
print(pay.delay(3).get())
print(*dumps([3])[:2])
"""


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, 'PYTHONPATH': str(REPOSITORY)}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=SECONDS
    )


def test_pay_is_signed(tmp_path: Path) -> None:
    (tmp_path / 'keys').mkdir()
    make_pair = OPENSSL.format('keys/key.pem', 'keys/certificate.pem')
    run(tmp_path, *make_pair.split()).check_returncode()
    called = run(tmp_path, sys.executable, '-c', CALL)
    assert called.stdout == 'paid 3\napplication/data utf-8\n', called.stderr


def test_without_a_key_the_app_does_not_start(tmp_path: Path) -> None:
    called = run(tmp_path, sys.executable, '-c', CALL)
    assert called.stdout == ''
    assert "No such file or directory: 'keys/key.pem'" in called.stderr
