"""The candidate compared with the device: the differences by section, and the result of a merge."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from napalm_frr import text
from napalm_frr.frrconfig import tree
from napalm_frr.frrconfig.merge import merge
from napalm_frr.remote import OWNED_TABLES, Report

_LINT_LINE = re.compile(r"(?:/dev/stdin|.*/in/[a-z]+):(\d+):")


class CandidateError(ValueError):
    """The device does not accept a candidate; the message names section and line."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """The intended sections of a device, and whether they are merged into the running configuration."""

    sections: Mapping[str, str]
    merging: bool = False

    def files(self) -> dict[str, str]:
        """Return the files that the device needs to lint the candidate and to report its own configuration."""
        files = dict(self.sections)
        if "qos" in files:
            files["ports"] = "".join(f"{port}\n" for port in text.ports(files["qos"]))
        if "frr" in files:
            files["lint"] = files["frr"]
        return files

    def merged(self, report: Report) -> Candidate:
        """Return the candidate that results from a merge into the running configuration."""
        running = report.sections("running")
        sections = dict(self.sections)
        if "frr" in sections:
            config = merge(tree.parse(running["frr"]), tree.parse(sections["frr"]))
            sections["frr"] = tree.render(config)
        return Candidate(sections)


def read(config: str, merging: bool = False) -> Candidate:
    """Split a device text and check everything that needs no device; raises CandidateError."""
    try:
        sections = text.split(config)
        if not sections:
            raise CandidateError("the candidate is empty")
        if "nftables" in sections:
            text.tables(sections["nftables"], OWNED_TABLES)
        if "qos" in sections:
            text.ports(sections["qos"])
        if "sysctl" in sections:
            values = text.settings(sections["sysctl"])
            sections["sysctl"] = "".join(f"{key} = {value}\n" for key, value in values.items())
        if "units" in sections:
            sections["units"] = text.units(text.files(sections["units"]))
    except text.TextError as error:
        raise CandidateError(str(error)) from error
    return Candidate(sections, merging)


def complaints(report: Report, candidate: Candidate) -> str:
    """Return the errors that the device's parsers report for a candidate, with its line numbers; "" if none."""
    said = []
    for section, complaint in report.sections("lint").items():
        # nft reads the replacement of the owned tables before the text: two lines for each table.
        offset = 2 * len(OWNED_TABLES) if section == "nftables" else 0
        plain = _tc_error(complaint) if section == "qos" else _shifted(complaint, offset)
        said.append(f"section {section}: {plain or 'the device refuses it'}")
    missing = set(candidate.sections) - set(report.sections("running")) - set(report.sections("lint"))
    said += [f"section {section}: the device did not show what runs" for section in sorted(missing)]
    return "\n".join(said)


def compare(report: Report, candidate: Candidate) -> str:
    """Show differences from the running or, if there are none, the start-up configuration; "" if there are none."""
    return "".join(differences(report, candidate).values()).rstrip("\n")


def differences(report: Report, candidate: Candidate) -> dict[str, str]:
    """Return the differences by section; a section without any does not appear."""
    running, startup = report.sections("running"), report.sections("startup")
    canonical = {**candidate.sections, **report.sections("canon")}
    shown = {}
    for section in (name for name in text.SECTIONS if name in candidate.sections):
        if change := difference(section, running[section], canonical[section]):
            shown[section] = f"#@ section {section}\n{change}"
        elif change := difference(section, startup.get(section, ""), canonical[section]):
            shown[section] = f"#@ section {section} (start-up only)\n{change}"
    return shown


def difference(section: str, before: str, after: str) -> str:
    """Show the difference between two canonical texts of a section; "" if they are equivalent."""
    if section == "frr":
        return tree.show(tree.diff(tree.parse(before), tree.parse(after)))
    if section == "sysctl":
        old, new = text.settings(before), text.settings(after)
        return "".join(_settings(old, new))
    if before == after:
        return ""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=3, lineterm="")
    return "".join(f"{line}\n" for line in list(lines)[2:])


def _tc_error(complaint: str) -> str:
    """Extract the error and its line from the output of tc, which also has warnings and the whole usage text."""
    if missing := re.search(r'Cannot find device "(.+)"', complaint):
        return f"there is no port {missing.group(1)} here; it has to be there before the text that names it"
    place = re.search(r"Command failed .*:(\d+)$", complaint, re.MULTILINE)
    told = complaint[: place.start()] if place else complaint
    errors = [
        line for line in told.split("Usage:")[0].splitlines() if line and not line.startswith("Warning:")
    ]
    return (f"line {place.group(1)}: " if place else "") + "; ".join(errors)


def _shifted(complaint: str, offset: int) -> str:
    """Shift the line numbers in a parser's message, so that they count from the section's first line."""
    return _LINT_LINE.sub(lambda match: f"line {int(match.group(1)) - offset}:", complaint).strip()


def _settings(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
    for key, value in new.items():
        if old.get(key) != value:
            if key in old:
                yield f"-{key} = {old[key]}\n"
            yield f"+{key} = {value}\n"
