"""Reads the addresses of broker and result backend, and finds what was written wrong in them."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from playground.doctor.entries import Entry
from playground.doctor.findings import Finding, fault, ok, warning

BAD_ESCAPE = re.compile(r'%(?![0-9A-Fa-f]{2})')
LOGIN = re.compile(r'(?P<begin>\w[\w+.-]*://[^:@/]*:).*(?P<end>@)')
ENCODE = "python -c \"import urllib.parse; print(urllib.parse.quote('PASSWORD', safe=''))\""
NO_BROKER = 'not set, and Celery takes amqp://guest@localhost//'
# Databases and the like, whose addresses are as SQLAlchemy and others want them.
JUDGED = ('amqp', 'amqps', 'pyamqp', 'redis', 'rediss')


def masked(url: str) -> str:
    """An address without its passwords: all that stands between a colon and the last @."""
    return ';'.join(LOGIN.sub(r'\g<begin>********\g<end>', part) for part in url.split(';'))


def urls(value: Any) -> list[str]:
    """The addresses of a setting: a string with ``;``, a list of strings, or nothing."""
    parts = value.split(';') if isinstance(value, str) else [*(value or [])]
    return [part.strip() for part in parts if isinstance(part, str) and part.strip()]


def check_addresses(broker_url: Any, result_backend: Any) -> Iterator[Finding]:
    """Judge how the addresses are written; nothing is connected.

    Args:
        broker_url: of the app.
        result_backend: of the app.
    """
    from celery.app.backends import BACKEND_ALIASES
    from kombu.transport import TRANSPORT_ALIASES

    brokers = [found for url in urls(broker_url) for found in _judge('broker_url', url)]
    if not brokers:
        brokers = [
            _unknown_scheme('broker_url', url, 'amqp:// or redis://')
            for url in urls(broker_url)
            if _scheme(url) not in TRANSPORT_ALIASES and not _is_a_path(_scheme(url))
        ]
    yield from brokers or [ok('address', _described('broker_url', urls(broker_url), NO_BROKER))]
    # The other backends take lists and options of their own.
    named = [result_backend] if isinstance(result_backend, str) else []
    results = [found for url in named for found in _judge('result_backend', url)]
    if not results:
        results = [
            _unknown_scheme('result_backend', url, 'redis:// or rpc://')
            for url in named
            if _scheme(url) not in BACKEND_ALIASES and not _is_a_path(_scheme(url))
        ]
    yield from results or [ok('address', _described('result_backend', named, 'not set'))]


def _described(setting: str, found: list[str], otherwise: str) -> str:
    return f'{setting} is {masked("; ".join(found)) or otherwise}'


def _scheme(url: str) -> str:
    return url.partition('://')[0].partition('+')[0].lower()


def _is_a_path(scheme: str) -> bool:
    """Celery takes ``package.module:Class`` for a transport or a backend, too."""
    return '.' in scheme


def _unknown_scheme(setting: str, url: str, instead: str) -> Finding:
    return fault(
        'address',
        f'{setting} begins with {_scheme(url) or "nothing"}, which this Celery does not know',
        f'begin it with {instead}',
        Entry.UNKNOWN_SCHEME if setting == 'broker_url' else Entry.UNKNOWN_BACKEND,
    )


def _judge(setting: str, url: str) -> Iterator[Finding]:
    scheme, separator, rest = url.partition('://')
    if not separator or scheme.lower() not in JUDGED:
        return
    if wrong := _wrong_characters(rest):
        # Without the address: nobody can tell where its password ends.
        yield fault(
            'address',
            f'{setting}: {wrong}, so it is not read as you mean it',
            f'write such a character as % and two digits: {ENCODE}',
            Entry.URL_ENCODING,
        )
        return
    parts = urlsplit(url)
    path = parts.path.removeprefix('/')
    if scheme.startswith('redis'):
        if path and not path.isdecimal():
            yield fault(
                'address',
                f'{setting}: the database of a Redis is a number, not {path!r}',
                f'end it with a number, as in {scheme}://{parts.hostname}/0',
                Entry.URL_ENCODING,
            )
        if parts.username and parts.password is None:
            yield warning(
                'address',
                f'{setting}: {parts.username!r} before the @ is a user, and there is no password',
                f'for a password alone, write a colon before it: {scheme}://:PASSWORD@...',
                Entry.PASSWORD_NEEDED,
            )
    elif path.endswith('/') and path != '/':
        yield warning(
            'address',
            f'{setting}: the slash at the end is part of the vhost’s name, {path!r}',
            'leave out the last slash',
            Entry.VHOST_NOT_FOUND,
        )


def _wrong_characters(rest: str) -> str | None:
    authority = re.split('[/?#]', rest, maxsplit=1)[0]
    if BAD_ESCAPE.search(rest):
        return 'it has a % without two digits behind it'
    if authority.count('@') > 1:
        return 'it has two @ before the host'
    host = authority.rpartition('@')[2]
    port = host.rpartition(':')[2] if re.search(r':[^]]*$', host) else ''
    bad_port = port and not (port.isdecimal() and 1 <= int(port) <= 65535)
    if '@' not in authority and '@' in (rest if bad_port else rest.partition('?')[0]):
        return 'it has a /, ? or # before the @'
    if re.search(r'\s', rest):
        return 'it has a space'
    if bad_port:
        # What stands there may be a password.
        return 'behind the last colon of the host stands no port from 1 to 65535'
    return None
