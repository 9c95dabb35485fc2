"""A commit in steps: the files that arm and apply it, and the check that it reads back as intended."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from napalm_frr import candidate as candidates
from napalm_frr import remote
from napalm_frr.candidate import Candidate
from napalm_frr.frrconfig import tree
from napalm_frr.frrconfig.clear import clears
from napalm_frr.frrconfig.delta import Delta, delta
from napalm_frr.remote import Report


@dataclass(slots=True)
class Applied:
    """How a commit was applied: `method` is delta, reload or none; each step has its duration in seconds."""

    id: str
    method: str = "none"
    unknown: tuple[str, ...] = ()
    """Lines for which the delta has no class."""
    seconds: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Commit:
    """The changed sections of a device: as intended, as running, and as the device will print them."""

    id: str
    meant: Mapping[str, str]
    running: Mapping[str, str]
    canonical: Mapping[str, str]
    """Canonical texts of the sections that the device prints in another form than they are written."""
    has_program: bool
    """Whether the driver's program is already on the device."""

    @classmethod
    def of(cls, report: Report, candidate: Candidate) -> Commit | None:
        """Create the commit that leads from the reported configuration to the candidate; None if nothing differs.

        Sections without differences are not changed: new rules would reset their counters.
        """
        changed = candidates.differences(report, candidate)
        if not changed:
            return None
        return cls(
            id=f"{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}-{secrets.token_hex(3)}",
            meant={name: candidate.sections[name] for name in changed},
            running={name: report.sections("running")[name] for name in changed},
            canonical={name: text for name, text in report.sections("canon").items() if name in changed},
            has_program=report.state.program == remote.program_sum(),
        )

    @cached_property
    def delta(self) -> Delta:
        """The delta that leads FRR from the running configuration to the intended one."""
        return delta(tree.parse(self.running["frr"]), tree.parse(self.meant["frr"]))

    def to_arm(self, message: str) -> dict[str, str]:
        """Return the files with which the device can apply the commit and revert it by itself."""
        files = {**Candidate(self.meant).files(), "message": message, "expected": self._sums()}
        if "frr" in self.meant:
            old, new = tree.parse(self.running["frr"]), tree.parse(self.meant["frr"])
            files["undo"] = delta(new, old).text
            files["clear"] = "".join(f"{command}\n" for command in clears(old, new))
        if not self.has_program:
            files["program"] = remote.program()
        return files

    def to_apply(self) -> dict[str, str]:
        """Return the files that name the sections to apply; the device has held their texts since it was armed."""
        files = dict.fromkeys(self.meant, "")
        if "qos" in self.canonical:
            files["canon.qos"] = self.canonical["qos"]
        if "frr" in self.meant:
            files["delta"] = self.delta.text
        return files

    def misread(self, report: Report) -> tuple[str, str] | None:
        """Return the first section that does not read back from the device as intended, with the difference."""
        expected = {**self.meant, **self.canonical}
        for section, now in report.sections("running").items():
            if wrong := candidates.difference(section, now, expected[section]):
                return section, wrong
        return None

    def _sums(self) -> str:
        """Return the checksums with which the device verifies that it has not changed since the comparison."""
        return "".join(
            f"{hashlib.sha256(self.running[name].encode()).hexdigest()}  {name}\n"
            for name in sorted(self.meant)
        )
