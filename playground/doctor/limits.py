"""Gives each check its time: one that hangs is left behind, and the others go on."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Value = TypeVar('Value')


class Outcome(Generic[Value]):
    """What a function that runs beside us returns or raises."""

    def __init__(self, function: Callable[[], Value]) -> None:
        """Start the function in a thread of its own, which does not keep the program alive."""
        self._function = function
        self._value: list[Value] = []
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._value.append(self._function())
        except BaseException as error:
            self._error = error

    def get(self, seconds: float) -> Value:
        """Wait for the end of the function.

        Args:
            seconds: the limit.

        Raises:
            TimeoutError: the time was over.
        """
        self.wait(seconds)
        if self._error is not None:
            raise self._error
        if not self._value:
            raise TimeoutError(f'no answer within {seconds:.0f} seconds')
        return self._value[0]

    def wait(self, seconds: float) -> None:
        """Wait for the end of the function, however it ends.

        Args:
            seconds: the limit.
        """
        self._thread.join(seconds)
