"""Checks shared-risk groups: every name has a group, and every group affects at least two parts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from baubau_ops.core.suggest import did_you_mean
from baubau_ops.inventory.city.inventory import Files
from baubau_ops.inventory.city.topology import pop_device
from baubau_ops.inventory.files.problems import Finding
from baubau_ops.inventory.resilience.losses import Member, members


def risks(files: Files) -> Iterator[Finding]:
    known = files.backbone.risks
    by_group: defaultdict[str, list[Member]] = defaultdict(list)
    for member in members(files):
        if member.group not in known:
            yield Finding(member.file, member.path, _unknown(member.group, list(known)))
        elif any(other.device == member.device for other in by_group[member.group]):
            yield Finding(member.file, member.path, f'"{member.group}" is listed twice. Remove one.')
        else:
            by_group[member.group].append(member)
    backbone = files.backbone
    devices = {*backbone.cores, *map(pop_device, backbone.pops), *files.datacenter.firewalls, *backbone.isps}
    for group in known:
        yield from _too_few(group, by_group[group])
        if group in devices:
            message = f'"{group}" is the name of a device; its loss could mean either. Rename the group.'
            yield Finding("backbone.yml", ("risks", group), message, at_key=True)
    for part in files.datacenter.srlg:
        parts = (*files.datacenter.firewalls, "hosts")
        if part not in parts:
            message = f'there is no "{part}" in the data center. There is: {", ".join(parts)}.'
            yield Finding("datacenter.yml", ("srlg", part), message, at_key=True)


def _unknown(group: str, known: list[str]) -> str:
    guess = did_you_mean(group, known) or f" There is: {', '.join(known) or 'none'}."
    return f'there is no shared-risk group "{group}" in backbone.yml.{guess}'


def _too_few(group: str, found: list[Member]) -> Iterator[Finding]:
    if len(found) > 1:
        return
    has = f"its only member is {found[0].device}" if found else "it has no member"
    message = (
        f'"{group}" is shared by nothing: {has}. Name it in srlg: of all that it takes down, or remove it.'
    )
    yield Finding("backbone.yml", ("risks", group), message, at_key=True)
