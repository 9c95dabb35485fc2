"""What a session with a device offers, on every platform."""

from __future__ import annotations

from typing import Protocol

REVERT_SECONDS = 120
"""The least time a device is given, seconds: reading and confirming a large group must fit in."""


class Session(Protocol):
    """Changes one device in steps, and reads it.

    From `arm` on the device goes back by itself unless it is confirmed in time. Every step raises UnreachableError
    when the device does not answer (any more) and FailedError when it refuses; both name the device.
    """

    def load(self, text: str) -> None:
        """Take a whole text, secrets filled in, as candidate; the device's own parsers have accepted it."""

    def diff(self) -> str:
        """Show what the candidate would change; "" if nothing."""

    def arm(self, revert_in: int, message: str) -> bool:
        """Let the device take the candidate back in `revert_in` seconds; nothing changes yet.

        False, and nothing is armed, when the candidate changes nothing.
        """

    def apply(self) -> None:
        """Change what runs to what was armed."""

    def confirm(self) -> None:
        """Make it the start-up configuration, over a new connection."""

    def revert(self) -> None:
        """Take back what is armed or applied; with nothing pending, what was confirmed last."""

    def pending(self) -> bool:
        """Say whether the device holds a change that waits for its confirm."""

    def run(self, script: str) -> str:
        """Run what the platform's own code has written to read the device; return what it prints."""

    def close(self) -> None:
        """End the session; what is pending stays so, and the device takes it back in time."""
