"""All that NAPALM's contract asks of FRR on Debian: a candidate, its difference, a commit the device itself can undo.

Without NAPALM itself, whose import costs more than a router's answer: `driver` puts the two together.
"""

from __future__ import annotations

import getpass
import hashlib
import os
import re
import secrets
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from napalm_frr import candidate as candidates
from napalm_frr import errors, getters, remote, text
from napalm_frr.candidate import Candidate
from napalm_frr.frrconfig import tree
from napalm_frr.frrconfig.clear import clears
from napalm_frr.frrconfig.delta import delta
from napalm_frr.reader import Reader
from napalm_frr.remote import DeviceError, Report, State
from napalm_frr.transport import Session

if TYPE_CHECKING:
    from napalm.base import models

REVERT_SECONDS = 120
FRESH_SECONDS = 5.0


@dataclass(slots=True)
class Applied:
    """How the last commit was carried out: `method` is delta, reload or none; seconds for each step."""

    id: str
    method: str
    unknown: tuple[str, ...] = ()
    seconds: dict[str, float] = field(default_factory=dict)


class Router(Reader):
    """Drives one router over SSH.

    optional_args: those of `Reader`, `revert_in` (the device's patience for a commit without one, 120 s),
    `min_revert_in` (the least accepted, 120 s), `commit_id` (a pending commit of another client to confirm or roll
    back by name).

    `last_commit` tells how the last commit was done (delta or reload) and how long each step took.
    `before_apply`, if set, is called once the device is armed: devices that must change together meet there.
    """

    def __init__(
        self,
        hostname: str,
        username: str,
        password: str,
        timeout: int = 60,
        optional_args: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(hostname, username, password, timeout, optional_args)
        options = optional_args or {}
        self.revert_in = int(options.get("revert_in", REVERT_SECONDS))
        self.min_revert_in = int(options.get("min_revert_in", REVERT_SECONDS))
        self.last_commit: Applied | None = None
        self.before_apply: Callable[[], object] | None = None
        self._own = str(options.get("commit_id") or "")
        self._candidate: Candidate | None = None
        self._seen: Report | None = None
        self._seen_at = 0.0
        self._examine_seconds = 0.0

    def load_replace_candidate(self, filename: str | None = None, config: str | None = None) -> None:
        """Load and lint a text whose sections replace the device's; raises ReplaceConfigException."""
        with _as("ReplaceConfigException"):
            self._load(candidates.read(_source(filename, config)))

    def load_merge_candidate(self, filename: str | None = None, config: str | None = None) -> None:
        """Load and lint FRR lines and sysctl keys to be merged; the sections nftables and qos are replaced.

        Raises MergeConfigException.
        """
        with _as("MergeConfigException"):
            self._load(candidates.read(_source(filename, config), merging=True))

    def compare_config(self) -> str:
        """Show what the candidate would change, section by section; "" if nothing."""
        if self._candidate is None:
            return ""
        return candidates.compare(self._examined(), self._candidate)

    def commit_config(self, message: str = "", revert_in: int | None = None) -> None:
        """Arm the device's revert, apply the candidate, and confirm it at once unless revert_in (s) is given.

        Raises CommitError (nothing is left half-applied: the message says what became of it) or LockError
        (a commit is pending on the device; it says whose and until when).
        """
        if self._candidate is None:
            raise errors.CommitError(f"{self.hostname}: no candidate is loaded")
        patience = self.revert_in if revert_in is None else revert_in
        if patience < self.min_revert_in:
            raise errors.CommitError(
                f"{self.hostname}: revert_in is {patience} s; at least {self.min_revert_in} s"
            )
        report = self._examined()
        self._refuse_pending(report.state)
        changed = candidates.differences(report, self._candidate)
        if not changed:
            self.last_commit = Applied("", "none")
            return
        # What is as it should be is not touched: new rules would start with new counters.
        sections = {name: self._candidate.sections[name] for name in changed}
        self._commit(report, Candidate(sections), message, patience)
        if revert_in is None:
            self.confirm_commit()

    def confirm_commit(self) -> None:
        """Confirm the pending commit over a new connection (TCP, host key, login), which then replaces the old.

        Raises CommitConfirmException; the device then reverts by itself.
        """
        began = time.monotonic()
        commit = self._own_pending()
        session = Session(self.target)
        try:
            session.open()
            self._call("confirm", commit, session=session)
        except errors.ConnectionException as error:
            session.close()
            raise errors.CommitConfirmException(
                f"{self.hostname}: commit {commit} is not confirmed, a new connection fails: {error}"
            ) from error
        except DeviceError as error:
            session.close()
            raise errors.CommitConfirmException(f"{self.hostname}: {error}") from error
        self.device.close()
        self.device, self._own, self._seen = session, "", None
        if self.last_commit is not None:
            self.last_commit.seconds["confirm"] = time.monotonic() - began

    def has_pending_commit(self) -> bool:
        """Say whether the device holds a commit, of whomever, that waits for its confirm."""
        return self._state().pending is not None

    def discard_config(self) -> None:
        """Forget the candidate."""
        self._candidate, self._seen = None, None

    def rollback(self) -> None:
        """Revert the pending commit; without one, go back to the configuration before the last commit.

        Raises CommitConfirmException if the commit this client held was confirmed meanwhile, LockError if the
        pending one is another client's.
        """
        if self._own:
            self._revert(self._own)
        else:
            state = self._state()
            if state.pending is not None:
                self._own_pending(state)
            self._load(Candidate(self._call_or_fail("previous").sections("undo")))
            self.commit_config(message=f"roll back {state.current}")
        self.discard_config()

    def get_config(
        self,
        retrieve: str = "all",
        full: bool = False,  # noqa: ARG002  # FRR knows one form only
        sanitized: bool = False,
        format: str = "text",  # noqa: ARG002
    ) -> models.ConfigDict:
        """Return the device's texts; only the sections that were ever configured appear besides frr."""
        texts = {"running": "", "startup": "", "candidate": ""}
        if retrieve in ("all", "candidate") and self._candidate is not None:
            texts["candidate"] = text.join(self._candidate.sections)
        if retrieve in ("all", "running", "startup"):
            report = self._call_or_fail("texts")
            for kind in ("running", "startup"):
                if retrieve in ("all", kind):
                    texts[kind] = text.join(report.sections(kind))
        if sanitized:
            texts = {kind: getters.masked(body) for kind, body in texts.items()}
        return {"running": texts["running"], "startup": texts["startup"], "candidate": texts["candidate"]}

    def _load(self, candidate: Candidate) -> None:
        """Lint a candidate on the device and keep it beside what runs there; raises CandidateError."""
        self._candidate, self._seen = None, None
        began = time.monotonic()
        report = self._call("examine", files=candidate.files())
        if complaint := candidates.complaints(report, candidate):
            raise candidates.CandidateError(complaint)
        self._candidate = candidate.merged(report) if candidate.merging else candidate
        self._remember(report, began)

    def _examined(self) -> Report:
        """Return the device's view of the candidate, read again unless it is from just now."""
        assert self._candidate is not None
        if self._seen is None or time.monotonic() - self._seen_at > FRESH_SECONDS:
            began = time.monotonic()
            self._remember(self._call_or_fail("examine", files=self._candidate.files()), began)
        assert self._seen is not None
        return self._seen

    def _remember(self, report: Report, began: float) -> None:
        self._seen, self._seen_at = report, time.monotonic()
        self._examine_seconds = self._seen_at - began

    def _commit(self, report: Report, candidate: Candidate, message: str, patience: int) -> None:
        """Arm and apply; on any doubt the device is told to revert at once."""
        commit = f"{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}-{secrets.token_hex(3)}"
        done = self.last_commit = Applied(commit, "none", seconds={"examine": self._examine_seconds})
        running = {name: report.sections("running")[name] for name in candidate.sections}
        files = {**candidate.files(), "message": message, "expected": _sums(running, candidate)}
        if "frr" in running:
            old, new = tree.parse(running["frr"]), tree.parse(candidate.sections["frr"])
            files["undo"] = delta(new, old).text
            files["clear"] = "".join(f"{command}\n" for command in clears(old, new))
        if report.state.program != remote.program_sum():
            files["program"] = remote.program()
        self._seen = None
        with _timed(done, "arm"):
            try:
                self._call("arm", commit, _owner(), str(patience), files=files)
            except DeviceError as error:
                self._refuse_pending(error.state)
                raise errors.CommitError(
                    f"{self.hostname}: not armed, nothing was changed: {error}"
                ) from error
        self._own = commit
        self._wait_for_others(commit)
        with _timed(done, "apply"):
            canonical = {n: body for n, body in report.sections("canon").items() if n in running}
            self._apply(commit, running, canonical, candidate)

    def _wait_for_others(self, commit: str) -> None:
        """Between arm and apply; when it raises, the device is disarmed and nothing was changed."""
        if self.before_apply is None:
            return
        try:
            self.before_apply()
        except BaseException as error:
            self._revert_or_fail(commit, "not applied")
            raise errors.CommitError(f"{self.hostname}: armed but not applied: {error!r}") from error

    def _apply(
        self, commit: str, running: dict[str, str], canonical: dict[str, str], candidate: Candidate
    ) -> None:
        """Change the running state and prove by reading it back that it is what was meant."""
        assert self.last_commit is not None
        files = dict.fromkeys(candidate.sections, "")
        if "qos" in canonical:
            files["canon.qos"] = canonical["qos"]
        if "frr" in running:
            change = delta(tree.parse(running["frr"]), tree.parse(candidate.sections["frr"]))
            self.last_commit.unknown = change.unknown
            files["delta"] = change.text
        try:
            report = self._call("apply", commit, files=files)
        except DeviceError as error:
            self._own = commit if error.status == remote.STUCK else ""
            fate = {
                remote.REVERTED: "the old configuration is back, verified",
                remote.STUCK: "the device goes on bringing the old configuration back",
                remote.LOST: "the device had reverted it before",
            }.get(error.status, "the device reverts it")
            raise errors.CommitError(f"{self.hostname}: {error}; {fate}") from error
        self.last_commit.method = report.blocks["applied"].split()[1]
        meant = {**candidate.sections, **canonical}
        for section, now in report.sections("running").items():
            if wrong := candidates.difference(section, now, meant[section]):
                self._revert_or_fail(commit, f"{section} did not read back as sent")
                raise errors.CommitError(
                    f"{self.hostname}: {section} reads back otherwise; reverted:\n{wrong}"
                )

    def _revert_or_fail(self, commit: str, why: str) -> None:
        """Tell the device to revert what it must still hold; raises CommitConfirmException."""
        try:
            self._call("revert", commit, why)
        except DeviceError as error:
            raise errors.CommitConfirmException(f"{self.hostname}: {error}") from error
        self._own = ""

    def _revert(self, commit: str) -> None:
        """Tell the device to revert; that it did so before is as good, that it was confirmed is not."""
        try:
            self._call("revert", commit, "rolled back by the driver")
        except DeviceError as error:
            if error.status != remote.LOST or f"{commit} confirmed" in str(error):
                raise errors.CommitConfirmException(f"{self.hostname}: {error}") from error
        finally:
            self._own = ""

    def _refuse_pending(self, state: State) -> None:
        if state.pending is None:
            return
        if state.pending.id == self._own:
            raise errors.CommitError(f"{self.hostname}: {state.pending}: confirm it or roll it back first")
        raise errors.LockError(f"{self.hostname} is locked: {state.pending}")

    def _own_pending(self, state: State | None = None) -> str:
        """Name the pending commit if it is this client's; raises LockError or CommitConfirmException."""
        if self._own:
            return self._own
        pending = (state or self._state()).pending
        if pending is None:
            raise errors.CommitConfirmException(f"{self.hostname}: no commit is pending")
        raise errors.LockError(f"{self.hostname} is locked: {pending}; name it in commit_id to act on it")

    def _state(self) -> State:
        return self._call_or_fail("meta").state


@contextmanager
def _as(kind: Literal["ReplaceConfigException", "MergeConfigException"]) -> Iterator[None]:
    """Raise what is wrong with a candidate as NAPALM's exception; by name, so that it is imported only then."""
    try:
        yield
    except (candidates.CandidateError, DeviceError, OSError, UnicodeDecodeError) as error:
        if isinstance(error, errors.ConnectionClosedException):
            raise
        raise getattr(errors, kind)(str(error)) from error


@contextmanager
def _timed(applied: Applied, step: str) -> Iterator[None]:
    began = time.monotonic()
    try:
        yield
    finally:
        applied.seconds[step] = time.monotonic() - began


def _source(filename: str | None, config: str | None) -> str:
    """Return the candidate's text; a file takes precedence, as NAPALM has it."""
    if filename:
        return Path(filename).read_text(encoding="utf-8")
    return config or ""


def _owner() -> str:
    return re.sub(r"[^\w@.:-]", "_", f"{getpass.getuser()}@{socket.gethostname()}:{os.getpid()}")


def _sums(running: dict[str, str], candidate: Candidate) -> str:
    """Return the checksums by which the device sees that it is still what was compared."""
    return "".join(
        f"{hashlib.sha256(running[name].encode()).hexdigest()}  {name}\n"
        for name in sorted(candidate.sections)
    )
