"""The file of a run: what was chosen, and a row for each part that has ended."""

import importlib.metadata
import json
import os
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from playground.errors import PlaygroundError

Row = dict[str, Any]


def choices(mode: str, seed: int) -> dict[str, Any]:
    """What the rows of one file have in common.

    Args:
        mode: how much is done.
        seed: of what is left to chance.
    """
    names = ('celery', 'kombu', 'amqp', 'redis')
    return {
        'mode': mode,
        'seed': seed,
        'machine': f'{platform.machine()}, {os.cpu_count()} processors',
        'python': platform.python_version(),
        **{name: importlib.metadata.version(name) for name in names},
    }


def receipt(choices: dict[str, Any]) -> str:
    """Say with what, and on what, the rows of a file were found.

    Args:
        choices: as ``choices`` returns them.
    """
    return (
        f'{choices["machine"]}, Python {choices["python"]}, Celery {choices["celery"]},'
        f' kombu {choices["kombu"]}, py-amqp {choices["amqp"]}, redis-py {choices["redis"]},'
        f' seed {choices["seed"]}.'
    )


class Results:
    """Rows that are kept as soon as they are there, so that a run can go on later.

    Attributes:
        rows: what was found, in the order in which it was run.
        choices: mode, seed and machine of this run.
    """

    def __init__(
        self, path: Path, command: str, choices: dict[str, Any], keys: Sequence[str]
    ) -> None:
        """Read the file, if there is one.

        Args:
            path: where it is, or will be.
            command: the one that writes it, for messages.
            choices: mode, seed and machine of this run.
            keys: what a row is known by.

        Raises:
            PlaygroundError: the file is of another run, or is none of ours.
        """
        self._path = path
        self.choices = choices
        self._keys = keys
        self.rows: list[Row] = []
        if not path.parent.is_dir():
            raise PlaygroundError(f'there is no folder {path.parent} for {path.name}: make it')
        if path.is_dir():
            raise PlaygroundError(f'{path} is a folder: name a file in it with RESULTS=')
        if not path.exists():
            return
        try:
            found = json.loads(path.read_text())
            before, self.rows = found['choices'], list(found['rows'])
        except (OSError, ValueError, LookupError, TypeError):
            raise PlaygroundError(
                f'{path} holds no results of {command}: name another file with RESULTS='
            ) from None
        if before != choices:
            different = [name for name in choices if before.get(name) != choices[name]]
            raise PlaygroundError(
                f'{path} is of a run with other choices ({", ".join(different)}): remove it,'
                ' or name another file with RESULTS='
            )

    def has(self, *values: Any) -> bool:
        """Tell whether a part has ended already.

        Args:
            values: those of its keys, in their order.
        """
        return any(tuple(row[key] for key in self._keys) == values for row in self.rows)

    def add(self, row: Row) -> None:
        """Keep a row; a file that is there is replaced at once, or not at all."""
        self.rows.append(row)
        new = self._path.with_name(f'{self._path.name}.new')
        text = json.dumps({'choices': self.choices, 'rows': self.rows}, indent=1)
        new.write_text(f'{text}\n')
        new.replace(self._path)
