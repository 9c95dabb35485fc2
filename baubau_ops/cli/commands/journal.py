"""`baubau journal`: the record of an environment's changes, and whether it is complete."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Annotated

import typer

from baubau_ops.cli.context import Context
from baubau_ops.cli.options import command, group
from baubau_ops.cli.output import Cell
from baubau_ops.core.journal import Journal, Record
from baubau_ops.core.units import counted

app = group("The record of every change: show it, verify it.")

_PARTS = frozenset({"step", "device"})
"""Kinds of records that belong to an operation: they name it as `apply`."""


@command(app, example="baubau journal show --last 50")
def show(
    context: Context,
    last: Annotated[
        int, typer.Option("--last", help="Number of operations, from the newest back.", min=1)
    ] = 20,
    steps: Annotated[
        bool, typer.Option("--steps", help="Show every record: each step on each router, with its result.")
    ] = False,
) -> None:
    """Show what was changed, by whom and when (UTC). One line for each operation, with its result."""
    records = _journal(context).records()
    results = _results(records)
    shown = [each for each in records if steps or each.kind not in _PARTS][-last:]

    def draw() -> None:
        if shown:
            rows = [_row(each) if steps else _operation(each, results.get(_name(each), {})) for each in shown]
            context.output.table(("number", "time", "who", "what", "details"), rows)
        else:
            context.output.line(f"Nothing was changed in {context.environment} yet.")

    document: dict[str, object] = {"environment": context.environment, "records": shown}
    if not steps:
        document["results"] = {_name(each): results[_name(each)] for each in shown if _name(each) in results}
    context.output.show(document, draw)


@command(app, example="baubau journal verify")
def verify(context: Context) -> int:
    """Prove that the record was not tampered with.

    Exit code 1 if a record was changed, removed or inserted.

    The journal alone cannot show that records were cut off at its end: compare the last number and hash with a
    copy kept elsewhere.
    """
    journal = _journal(context)
    problems = journal.verify()
    records = journal.records()
    last = records[-1] if records else None
    document = {
        "holds": not problems,
        "problems": problems,
        "records": len(records),
        "last": last.hash if last else None,
    }

    def draw() -> None:
        for problem in problems:
            context.output.line(f"{journal.path}: {problem}", "red")
        verdict = "tampered with" if problems else "the chain holds"
        ending = f"; the last is {last.hash}" if last else ""
        context.output.line(f"{counted(len(records), 'record')}, {verdict}{ending}.")

    context.output.show(document, draw)
    return 1 if problems else 0


def _journal(context: Context) -> Journal:
    return Journal(context.journal)


def _name(record: Record) -> str:
    """Return the name by which an operation's parts refer to it."""
    return f"{record.number:06}"


def _results(records: Sequence[Record]) -> dict[str, dict[str, list[str]]]:
    """Return the devices by operation and result."""
    found: dict[str, dict[str, list[str]]] = {}
    for record in records:
        if record.kind == "device":
            results = found.setdefault(str(record.data.get("apply", "")), {})
            results.setdefault(str(record.data.get("result", "")), []).append(
                str(record.data.get("target", ""))
            )
    return found


def _operation(record: Record, results: Mapping[str, Sequence[str]]) -> tuple[Cell, ...]:
    """Return a record with its devices' results: the confirmed ones counted, the others named."""
    if record.kind != "apply":
        return _row(record)
    devices = record.data.get("devices", [])
    ended = {device for members in results.values() for device in members}
    open_ = [device for device in devices if device not in ended]
    parts = [
        f"{len(members)} {result}" + ("" if result == "confirmed" else f" ({', '.join(members)})")
        for result, members in results.items()
    ]
    if open_:
        parts.append(f"{len(open_)} without a result ({', '.join(open_)})")
    plan = str(record.data.get("plan", ""))[:6]
    return (f"{record.number:06d}", record.time, record.who, "apply", f"plan {plan}: {', '.join(parts)}")


def _row(record: Record) -> tuple[Cell, ...]:
    details = " ".join(f"{name}={_brief(value)}" for name, value in record.data.items())
    return (f"{record.number:06d}", record.time, record.who, record.kind, details)


def _brief(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:59] + "…"
