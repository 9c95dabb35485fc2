"""The operations of a session with a device, on every platform."""

from __future__ import annotations

from typing import Protocol

REVERT_SECONDS = 120
"""The minimum revert time of a device, seconds: reading and confirming a large group must fit in."""


class Session(Protocol):
    """Changes one device in steps, and reads it.

    After `arm`, the device rolls back by itself unless it is confirmed in time. Every step raises UnreachableError if
    the device does not answer (any more) and FailedError if it refuses; both name the device.
    """

    def load(self, text: str) -> None:
        """Load a whole configuration, with secrets, as the candidate; the device's own parsers must accept it."""

    def diff(self) -> str:
        """Show what the candidate would change; "" if nothing."""

    def arm(self, revert_in: int, message: str) -> bool:
        """Start the revert timer with `revert_in` seconds; nothing changes yet.

        Return False, with nothing armed, if the candidate changes nothing.
        """

    def apply(self) -> None:
        """Change the running configuration to the armed candidate."""

    def confirm(self) -> None:
        """Make it the start-up configuration, over a new connection."""

    def revert(self) -> None:
        """Undo what is armed or applied; if nothing is pending, undo what was confirmed last."""

    def pending(self) -> bool:
        """Return whether the device holds a change that is not confirmed yet."""

    def run(self, script: str) -> str:
        """Run a script from the platform's own code that reads the device; return its output."""

    def close(self) -> None:
        """End the session; a pending change stays pending, and the device undoes it in time."""
