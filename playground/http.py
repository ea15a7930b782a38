"""Asks the HTTP interfaces of Flower and of RabbitMQ's management."""

import base64
import http.client
import urllib.error
import urllib.request

SECONDS = 10.0

# What we ask is on this machine: a proxy of the reader's has no part in it.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def request(
    url: str, credentials: str | None = None, method: str = 'GET', body: str = ''
) -> tuple[int, str]:
    """Send one request.

    Args:
        url: what to ask.
        credentials: ``user:password``.
        method: the HTTP method.
        body: JSON to send along.

    Returns:
        The HTTP status, refusals included, and the answer.

    Raises:
        OSError: nothing answers, or something that does not speak HTTP.
    """
    asked = urllib.request.Request(url, method=method, data=body.encode() or None)
    asked.add_header('Content-Type', 'application/json')
    if credentials:
        token = base64.b64encode(credentials.encode()).decode()
        asked.add_header('Authorization', f'Basic {token}')
    try:
        with DIRECT.open(asked, timeout=SECONDS) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode(errors='replace')
    except http.client.HTTPException as error:
        raise OSError(f'{url} does not answer in HTTP: {error!r}') from None
