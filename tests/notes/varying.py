"""Finds what changes from run to run in a printed line, so that a page shows ``...`` for it."""

import platform
import re
import socket
from collections.abc import Iterable

from playground.virtual_environment import ENVIRONMENT, REPOSITORY

VARYING = (
    r'[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}',  # ids
    r'\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:[+-]\d\d:\d\d|Z)?)?',  # times
    r'\b\d\d:\d\d:\d\d(?:[.,]\d+)?\b',
    r'(?<=\b0x)[0-9a-f]{6,}',  # places in memory
    r'\b\d+(?:\.\d+)?(?:e-\d+)?(?=s\b)',  # durations
    r'\b\d+\.\d{3,}(?:e-\d+)?\b',
    r'\b\d+e-\d+\b',
    r'(?<=\b(?:localhost|127\.0\.0\.1):)\d+',  # ports
    r'(?i:(?<=pid[:=] )|(?<=pid[:=])|(?<=pid\': )|(?<=pid": ))\d+',  # processes
    r'(?<=://)[^\s/]*@[^\s\'",)]+',  # addresses with a user or a password
    r'/[^\s:\'"]*celery-notes-[0-9a-f]{8}[^\s:\'"]*',  # folders of a session
)

VERSION = re.compile(r'\d+(?:\.\d+){2,}\w*')


def spans(line: str, hidden: Iterable[str] = ()) -> list[tuple[int, int]]:
    """List the places of a printed line that change from run to run, or from machine to machine.

    Args:
        line: the line.
        hidden: further texts that the page hides already, such as versions.

    Returns:
        Where each begins and ends.
    """
    machine = {
        *(socket.gethostname(), socket.getfqdn(), platform.platform(), platform.release()),
        *(platform.node(), str(REPOSITORY), str(ENVIRONMENT)),
    } - {'localhost', ''}
    fixed = [rf'(?<![\w.]){re.escape(text)}(?![\w.])' for text in {*machine, *hidden} if text]
    found = [match.span() for pattern in (*VARYING, *fixed) for match in re.finditer(pattern, line)]
    return sorted(found)


def versions(texts: Iterable[str]) -> set[str]:
    """The versions in texts that a page's ``...`` stood for.

    Args:
        texts: what was there.
    """
    return {version for text in texts for version in VERSION.findall(text)}
