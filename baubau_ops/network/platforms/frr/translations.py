"""Searches the files in which a core's helper logs its translations."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from typing import Any

from baubau_ops.core.errors import FailedError, InputError
from baubau_ops.network.platforms.frr.render.units import TRANSLATIONS
from baubau_ops.network.platforms.session import Session
from baubau_ops.network.platforms.translations import Search, TranslationEvent

# This runs on the core, so that only matching records cross the network. A translation may have begun before `since`:
# if it ended after that, or has not ended, the files of the days between contain it.
_PROGRAM = """\
import ipaddress, json, pathlib, sys
wanted = json.loads(sys.argv[1])
networks = [ipaddress.ip_network(text) for text in wanted["inside"]]
found = 0
for day in sorted(pathlib.Path(wanted["folder"]).glob("????-??-??")):
    if not wanted["first"] <= day.name <= wanted["last"]:
        continue
    for line in day.open():
        if wanted["public"] and '"o":"%s"' % wanted["public"] not in line:
            continue
        record = json.loads(line)
        if wanted["port"] is not None and record["op"] != wanted["port"]:
            continue
        if networks and not any(ipaddress.ip_address(record["i"]) in network for network in networks):
            continue
        if record["t"] > wanted["until"] or (record["e"] == "end" and record["t"] < wanted["since"]):
            continue
        found += 1
        if found <= 2 * wanted["most"]:
            print(line, end="")
print("# end", found)
"""


def search(device: str, session: Session, wanted: Search) -> list[TranslationEvent]:
    """Read the matching records, in the order of the files."""
    said = json.dumps(
        {
            "folder": TRANSLATIONS,
            "first": f"{wanted.since - timedelta(days=1):%Y-%m-%d}",
            "last": f"{wanted.until:%Y-%m-%d}",
            "since": wanted.since.timestamp(),
            "until": wanted.until.timestamp(),
            "inside": [str(network) for network in wanted.inside],
            "public": str(wanted.public) if wanted.public else "",
            "port": wanted.port,
            "most": wanted.most,
        }
    )
    script = f"python3 - '{said}' <<'END_OF_PROGRAM'\n{_PROGRAM}END_OF_PROGRAM\n"
    *lines, end = session.run(script).splitlines() or [""]
    if not end.startswith("# end "):
        raise FailedError(f"{device}: the translation log was not read to its end")
    if int(end.split()[2]) > 2 * wanted.most:
        message = f"{device} has more than {wanted.most} translations of this kind."
        raise InputError(message, remedy="Ask for less.")
    return [event(json.loads(line)) for line in lines]


def event(record: Mapping[str, Any]) -> TranslationEvent:
    """Parse one line of the helper's log."""
    return TranslationEvent(
        at=datetime.fromtimestamp(record["t"], UTC),
        ends=record["e"] == "end",
        protocol=record["p"],
        inside=IPv4Address(record["i"]),
        inside_port=record["ip"],
        public=IPv4Address(record["o"]),
        public_port=record["op"],
        remote=IPv4Address(record["r"]),
        remote_port=record["rp"],
    )
