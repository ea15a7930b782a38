"""Shows the book on this machine until Ctrl-C, and opens nothing."""

import functools
import http.server
from pathlib import Path
from typing import Any

from playground.ports import LOOPBACK, free_port, is_free

PORT = 8000


class _Quiet(http.server.SimpleHTTPRequestHandler):
    """Says nothing of each page that is read."""

    def log_message(self, format: str, *arguments: Any) -> None:
        """Say nothing."""


def serve(folder: Path) -> None:
    """Answer until the process is interrupted.

    Args:
        folder: the book.
    """
    port = PORT if is_free(PORT) else free_port()
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer((LOOPBACK, port), handler) as server:
        print(f'The book is at http://{LOOPBACK}:{port}/ until Ctrl-C.', flush=True)
        server.serve_forever()
