"""Progress of one group's change, and what it means for each of its devices."""

from __future__ import annotations

from dataclasses import dataclass, field

from baubau_ops.core.errors import BaubauError
from baubau_ops.core.plan import Outcome, Status
from baubau_ops.network.change.waves import Group


@dataclass(slots=True)
class Progress:
    """One group in the middle of its change."""

    members: Group
    armed: list[str] = field(default_factory=list)
    """Devices that a rollback still has to reach."""
    touched: set[str] = field(default_factory=set)
    """Devices to which something was sent."""
    intended: set[str] = field(default_factory=set)
    """Devices that turned out to run their intended configuration already."""
    confirmed: set[str] = field(default_factory=set)
    stuck: dict[str, BaubauError] = field(default_factory=dict)
    """Per device: why the rollback did not reach it."""
    reverted: set[str] = field(default_factory=set)
    """Devices that were reverted by their own timer."""
    failure: str = ""
    """Why the group is rolled back; empty while all is well."""
    at_fault: str = ""
    """The device that has the failure; it need not be a member."""

    def outcome(self, device: str, revert_in: int) -> Outcome:
        """Outcome of a member at the end; `revert_in` is how long its own timer was set, seconds."""
        if not self.failure:
            if device in self.intended:
                return Outcome(device, Status.unchanged, "runs its intended text")
            return Outcome(device, Status.changed, "")
        if device in self.armed:
            why = self.stuck.get(device, "interrupted")
            fate = f"{device} reverts by itself {revert_in} s after the change"
            if device in self.confirmed:
                fate = f"{device} has confirmed the change and keeps it"
            return Outcome(device, Status.failed, f"{self.failure}; the rollback failed ({why}): {fate}")
        reason = self.failure if device == self.at_fault else f"because of {self.at_fault}"
        if self.at_fault not in self.members:  # it has no line in the report
            reason += f": {self.failure}"
        if device in self.reverted:
            reason += "; the device reverted by itself"
        if device in self.touched:
            return Outcome(device, Status.rolled_back, reason)
        return Outcome(device, Status.failed if device == self.at_fault else Status.not_run, reason)
