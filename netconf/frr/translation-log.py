"""Runs on a core: writes down which inside address had which public address and port, and when.

Every new and every ended translation of the kernel's connection table is one line of JSON in FOLDER/YYYY-MM-DD:
t (seconds since 1970), e (new or end), p (protocol), i and ip (inside address and port), o and op (public), r and
rp (the other end). Days older than the given number are deleted. Arguments: FOLDER DAYS.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

COMMAND = ("conntrack", "-E", "-e", "NEW,DESTROY", "--src-nat", "-o", "timestamp", "-b", "8388608")
EVENT = re.compile(
    r"\[(?P<t>[\d.]+)\]\s+\[(?P<e>NEW|DESTROY)\]\s+(?P<p>\w+)\s.*?"
    r"src=(?P<i>\S+) dst=(?P<r>\S+) (?:type=\d+ code=\d+ id=(?P<id>\d+)|sport=(?P<ip>\d+) dport=(?P<rp>\d+))"
    r".*?src=\S+ dst=(?P<o>\S+)(?: sport=\d+ dport=(?P<op>\d+))?"
)


def parse(line: str) -> dict[str, object] | None:
    """One line of `conntrack -E`; None for what is no translation's beginning or end."""
    found = EVENT.match(line.strip())
    if found is None:
        return None
    port = int(found["ip"] or found["id"] or 0)
    return {
        "t": float(found["t"]),
        "e": "new" if found["e"] == "NEW" else "end",
        "p": found["p"],
        "i": found["i"],
        "ip": port,
        "o": found["o"],
        "op": int(found["op"] or port),
        "r": found["r"],
        "rp": int(found["rp"] or 0),
    }


def day_of(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%d")  # noqa: UP017  # Python 3.9 runs it


def forget(folder: Path, days: int, now: float) -> None:
    """Delete the days that need not be kept any more."""
    oldest = day_of(now - timedelta(days=days).total_seconds())
    for file in folder.glob("????-??-??"):
        if file.name < oldest:
            file.unlink()


def main(folder: Path, days: int) -> None:
    """Write until conntrack ends, which it does not by itself."""
    folder.mkdir(parents=True, exist_ok=True)
    today, out = "", None
    with subprocess.Popen(COMMAND, stdout=subprocess.PIPE, text=True) as events:
        assert events.stdout is not None
        for line in events.stdout:
            record = parse(line)
            if record is None:
                continue
            day = day_of(float(str(record["t"])))
            if out is None or day != today:
                today = day
                forget(folder, days, time.time())
                # Line by line: what was translated a second ago may be asked for now.
                out = os.fdopen(os.open(folder / day, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a", 1)
            out.write(json.dumps(record, separators=(",", ":")) + "\n")
    sys.exit(events.returncode or 1)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
