"""A session with one router: a candidate, and a change in steps that the device itself reverts if necessary.

It does not import NAPALM, which takes longer than a router's answer; exceptions are imported when one is raised.
"""

from __future__ import annotations

import getpass
import os
import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from napalm_frr import candidate as candidates
from napalm_frr import errors, remote
from napalm_frr.candidate import Candidate
from napalm_frr.commit import Applied, Commit
from napalm_frr.remote import DeviceError, Pending, Report, State
from napalm_frr.transport import Answer, Connection, Target

REVERT_SECONDS = 120
FRESH_SECONDS = 5.0

_FATES = {
    remote.REVERTED: "the old configuration is back, verified",
    remote.STUCK: "the device goes on bringing the old configuration back",
    remote.LOST: "the device had reverted it before",
}


class Session:
    """Changes one router over SSH, in steps: `load`, `diff`, `arm`, `apply`, `confirm` or `revert`.

    After `arm`, the device reverts by itself unless the commit is confirmed in time. Devices that must change
    together are all armed before any change is applied, and all confirmed once every change has been verified.

    Any step raises ConnectionException (or a subclass) when the device does not answer, in addition to the
    exceptions in its own docstring. `last_commit` says how the last commit was applied (delta or reload) and how
    long each step took.
    """

    def __init__(
        self,
        target: Target,
        *,
        timeout: float = 60.0,
        revert_in: int = REVERT_SECONDS,
        min_revert_in: int = REVERT_SECONDS,
        commit_id: str = "",
    ) -> None:
        """`timeout` limits one answer, in seconds; `revert_in` is the revert timer for an `arm` that names none.

        `min_revert_in` is the shortest timer that `arm` accepts; `commit_id` names a pending commit of another
        client, to confirm or revert it.
        """
        self.target = target
        self.timeout = timeout
        self.connection = Connection(target)
        self.last_commit: Applied | None = None
        self.candidate: Candidate | None = None
        self._revert_in = revert_in
        self._min_revert_in = min_revert_in
        self._own = commit_id
        """The pending commit that this session may confirm and revert."""
        self._armed: Commit | None = None
        """The commit that is armed and not applied yet."""
        self._seen: Report | None = None
        self._seen_at = 0.0
        self._examine_seconds = 0.0

    def open(self) -> None:
        """Connect and log in; raises ConnectionException or a subclass."""
        self.connection.open()

    def close(self) -> None:
        """End the session; a pending commit stays pending, and the device reverts it in time."""
        self.connection.close()

    def load(self, config: str, *, merging: bool = False) -> None:
        """Load and lint a candidate: its sections replace those of the device or are merged into them.

        Raises ReplaceConfigException or, when merging, MergeConfigException; the previous candidate is forgotten
        in any case.
        """
        self.discard()
        try:
            self._load(candidates.read(config, merging))
        except (candidates.CandidateError, DeviceError) as error:
            kind = errors.MergeConfigException if merging else errors.ReplaceConfigException
            raise kind(str(error)) from error

    def discard(self) -> None:
        """Forget the candidate."""
        self.candidate, self._seen = None, None

    def diff(self) -> str:
        """Show what the candidate would change, section by section; "" if nothing, or if none is loaded."""
        if self.candidate is None:
            return ""
        return candidates.compare(self._examined(), self.candidate)

    def arm(self, revert_in: int | None = None, message: str = "") -> bool:
        """Send the candidate and start the revert timer of `revert_in` seconds; no configuration changes yet.

        Returns False, and arms nothing, when the candidate changes nothing. Raises CommitError when it cannot be
        armed, LockError when a commit is pending on the device (the message says whose and until when).
        """
        if self.candidate is None:
            raise errors.CommitError(f"{self._name}: no candidate is loaded")
        patience = self._revert_in if revert_in is None else revert_in
        if patience < self._min_revert_in:
            raise errors.CommitError(
                f"{self._name}: revert_in is {patience} s; at least {self._min_revert_in} s"
            )
        report = self._examined()
        self._refuse_pending(report.state)
        commit = Commit.of(report, self.candidate)
        if commit is None:
            self.last_commit = Applied("")
            return False
        self._seen = None
        self.last_commit = Applied(commit.id, seconds={"examine": self._examine_seconds})
        with _timed(self.last_commit, "arm"):
            try:
                self.call("arm", commit.id, _owner(), str(patience), files=commit.to_arm(message))
            except DeviceError as error:
                self._refuse_pending(error.state)
                raise errors.CommitError(f"{self._name}: not armed, nothing was changed: {error}") from error
        self._own, self._armed = commit.id, commit
        return True

    def apply(self) -> None:
        """Apply the armed commit, and verify by reading back that the running configuration is as intended.

        Raises CommitError when nothing is armed, or when the commit failed: nothing is left half-applied, and the
        message gives the resulting state.
        """
        if self._armed is None:
            raise errors.CommitError(f"{self._name}: nothing is armed")
        commit, self._armed = self._armed, None
        assert self.last_commit is not None
        with _timed(self.last_commit, "apply"):
            try:
                report = self.call("apply", commit.id, files=commit.to_apply())
            except DeviceError as error:
                if error.status in (remote.REVERTED, remote.LOST):
                    self._own = ""
                fate = _FATES.get(error.status, "the device reverts it")
                raise errors.CommitError(f"{self._name}: {error}; {fate}") from error
            self.last_commit.method = report.blocks["applied"].split()[1]
            if "frr" in commit.meant:
                self.last_commit.unknown = commit.delta.unknown
            if misread := commit.misread(report):
                section, wrong = misread
                self._revert_or_fail(commit.id, f"{section} did not read back as sent")
                raise errors.CommitError(f"{self._name}: {section} reads back otherwise; reverted:\n{wrong}")

    def confirm(self) -> None:
        """Confirm the pending commit over a new connection (TCP, host key, login), which replaces the old one.

        Raises CommitConfirmException, after which the device reverts by itself, or LockError if the pending commit
        belongs to another client.
        """
        began = time.monotonic()
        commit = self._own_pending()
        connection = Connection(self.target)
        try:
            connection.open()
            self.call("confirm", commit, connection=connection)
        except errors.ConnectionException as error:
            connection.close()
            raise errors.CommitConfirmException(
                f"{self._name}: commit {commit} is not confirmed, a new connection fails: {error}"
            ) from error
        except DeviceError as error:
            connection.close()
            raise errors.CommitConfirmException(f"{self._name}: {error}") from error
        self.connection.close()
        self.connection, self._own, self._seen = connection, "", None
        if self.last_commit is not None:
            self.last_commit.seconds["confirm"] = time.monotonic() - began

    def revert(self) -> None:
        """Revert the commit that is armed or applied; if none is pending, revert the last confirmed one.

        Raises CommitConfirmException if this session's commit was confirmed meanwhile, LockError if the pending
        commit belongs to another client, CommitError if the previous configuration cannot be applied.
        """
        if self._own:
            self._revert(self._own)
        else:
            state = self._state()
            if state.pending is not None:
                self._own_pending(state)
            previous = Candidate(self.ask("previous").sections("undo"))
            try:
                self._load(previous)
            except (candidates.CandidateError, DeviceError) as error:
                raise errors.CommitError(f"{self._name}: {error}") from error
            if self.arm(message=f"roll back {state.current}"):
                self.apply()
                self.confirm()
        self.discard()

    def pending(self) -> Pending | None:
        """Return the commit, of any client, that waits on the device for its confirmation."""
        return self._state().pending

    def run(self, script: str) -> Answer:
        """Run a shell script on the router as root."""
        return self.connection.run(remote.COMMAND, script, timeout=self.timeout)

    def call(
        self, name: str, *arguments: str, connection: Connection | None = None, **options: Any
    ) -> Report:
        """Call a function of the driver's program on the router; raises DeviceError."""
        return remote.call(connection or self.connection, name, *arguments, timeout=self.timeout, **options)

    def ask(self, name: str, *arguments: str, **options: Any) -> Report:
        """Call a function whose failure has no NAPALM exception of its own; raises CommandErrorException."""
        try:
            return self.call(name, *arguments, **options)
        except DeviceError as error:
            raise errors.CommandErrorException(f"{self._name}: {error}") from error

    @property
    def _name(self) -> str:
        return self.target.host

    def _load(self, candidate: Candidate) -> None:
        """Lint a candidate on the device and keep it with the device's report; raises CandidateError."""
        began = time.monotonic()
        report = self.call("examine", files=candidate.files())
        if complaint := candidates.complaints(report, candidate):
            raise candidates.CandidateError(complaint)
        self.candidate = candidate.merged(report) if candidate.merging else candidate
        self._remember(report, began)

    def _examined(self) -> Report:
        """Return the device's report on the candidate, read again unless it is recent."""
        assert self.candidate is not None
        if self._seen is None or time.monotonic() - self._seen_at > FRESH_SECONDS:
            began = time.monotonic()
            self._remember(self.ask("examine", files=self.candidate.files()), began)
        assert self._seen is not None
        return self._seen

    def _remember(self, report: Report, began: float) -> None:
        self._seen, self._seen_at = report, time.monotonic()
        self._examine_seconds = self._seen_at - began

    def _revert_or_fail(self, commit: str, why: str) -> None:
        """Tell the device to revert a commit that must still be pending; raises CommitConfirmException."""
        try:
            self.call("revert", commit, why)
        except DeviceError as error:
            raise errors.CommitConfirmException(f"{self._name}: {error}") from error
        self._own = ""

    def _revert(self, commit: str) -> None:
        """Tell the device to revert; an earlier revert is accepted, an earlier confirmation is an error."""
        try:
            self.call("revert", commit, "rolled back by the driver")
        except DeviceError as error:
            if error.status != remote.LOST or f"{commit} confirmed" in str(error):
                raise errors.CommitConfirmException(f"{self._name}: {error}") from error
        finally:
            self._own, self._armed = "", None

    def _refuse_pending(self, state: State) -> None:
        if state.pending is None:
            return
        if state.pending.id == self._own:
            raise errors.CommitError(f"{self._name}: {state.pending}: confirm it or roll it back first")
        raise errors.LockError(f"{self._name} is locked: {state.pending}")

    def _own_pending(self, state: State | None = None) -> str:
        """Return the id of the pending commit if it is this session's; raises LockError or CommitConfirmException."""
        if self._own:
            return self._own
        pending = (state or self._state()).pending
        if pending is None:
            raise errors.CommitConfirmException(f"{self._name}: no commit is pending")
        raise errors.LockError(f"{self._name} is locked: {pending}; name it in commit_id to act on it")

    def _state(self) -> State:
        return self.ask("meta").state


@contextmanager
def _timed(applied: Applied, step: str) -> Iterator[None]:
    began = time.monotonic()
    try:
        yield
    finally:
        applied.seconds[step] = time.monotonic() - began


def _owner() -> str:
    return re.sub(r"[^\w@.:-]", "_", f"{getpass.getuser()}@{socket.gethostname()}:{os.getpid()}")
