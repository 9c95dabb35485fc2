"""`baubau journal`: what was changed in an environment, by whom, and whether the record is whole."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from baubau_ops.cli.context import Context
from baubau_ops.cli.options import command, group
from baubau_ops.cli.output import Cell
from baubau_ops.core.journal import Journal, Record

app = group("The record of every change: show it, verify it.")

FILE = "journal.jsonl"


@command(app, example="baubau journal show --last 50")
def show(
    context: Context,
    last: Annotated[int, typer.Option("--last", help="How many records, from the newest back.", min=1)] = 20,
) -> None:
    """Show what was changed, by whom and when (UTC)."""
    records = _journal(context).records()[-last:]

    def draw() -> None:
        if records:
            context.output.table(
                ("number", "time", "who", "what", "details"), [_row(each) for each in records]
            )
        else:
            context.output.line(f"Nothing has been changed in {context.environment} yet.")

    context.output.show({"environment": context.environment, "records": records}, draw)


@command(app, example="baubau journal verify")
def verify(context: Context) -> int:
    """Prove that the record is whole.

    Exit code 1 if a record was changed, removed or put in between.

    Records cut off at the end cannot be noticed from the journal alone: compare the last number and hash with
    what was noted elsewhere.
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
        context.output.line(f"{len(records)} records, {verdict}{ending}.")

    context.output.show(document, draw)
    return 1 if problems else 0


def _journal(context: Context) -> Journal:
    return Journal(context.state / FILE)


def _row(record: Record) -> tuple[Cell, ...]:
    details = " ".join(f"{name}={_brief(value)}" for name, value in record.data.items())
    return (f"{record.number:06d}", record.time, record.who, record.kind, details)


def _brief(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:59] + "…"
