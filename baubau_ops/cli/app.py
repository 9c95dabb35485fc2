"""The command `baubau`: its groups, and the one place where errors become exit codes."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import sys
from collections.abc import Sequence
from typing import Annotated, Any, NoReturn

import typer
import typer.main

from baubau_ops import __version__
from baubau_ops.cli.lazy import Entry, LazyGroup
from baubau_ops.core.errors import BaubauError, InputError

INTERRUPTED = 130  # 128 + SIGINT, as shells count


class Groups(LazyGroup):
    """The groups in the order of a day's work. To add one: write its module, add its row."""

    entries = (
        Entry(
            "inventory",
            "baubau_ops.cli.commands.inventory",
            "The city as data: check, show, list, draw, allocate numbers.",
        ),
        Entry(
            "link",
            "baubau_ops.cli.commands.link",
            "OPD links: connect an office, show, list, change rates, remove.",
        ),
        Entry(
            "net",
            "baubau_ops.cli.commands.net",
            "The routers: render, lint, plan, apply and verify configurations.",
        ),
        Entry(
            "lab",
            "baubau_ops.cli.commands.lab",
            "The city's twin on this machine: boot, look, break, heal, remove.",
        ),
        Entry(
            "demo",
            "baubau_ops.cli.commands.demo",
            "The whole story on a small city: an office, a proof, an outage.",
        ),
        Entry(
            "journal", "baubau_ops.cli.commands.journal", "The record of every change: show and verify it."
        ),
        Entry(
            "doctor", "baubau_ops.cli.commands.doctor", "Check what this machine offers and what is missing."
        ),
        Entry("test", "baubau_ops.cli.commands.test", "Test the product on this machine."),
    )


app = typer.Typer(
    cls=Groups,
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Runs a city's data center and fibre network from one inventory: check, plan, apply, verify.",
    epilog="\b\nExample:\n  baubau doctor",
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"baubau {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


def main() -> NoReturn:
    """Run the command line and end the process."""
    for each in (signal.SIGTERM, signal.SIGHUP):
        # As an exception, so that everything begun is cleaned up as after Ctrl-C.
        signal.signal(each, _end_by_signal)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by the caller: nobody wants to read
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
        with contextlib.suppress(AttributeError):  # a stream that is not a text file
            getattr(sys, name).reconfigure(errors="replace")
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.exit(run(sys.argv[1:]))


def _end_by_signal(number: int, frame: object) -> NoReturn:  # noqa: ARG001
    sys.exit(128 + number)


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; errors are printed on stderr in a few lines."""
    try:
        _refuse_undecodable(arguments)
        result: Any = typer.main.get_command(app).main(
            args=list(arguments), prog_name="baubau", standalone_mode=False
        )
        sys.stdout.flush()
    except typer.TyperException as error:
        _show_usage(error)
        return 2
    except BaubauError as error:
        from baubau_ops.cli.output import show_error

        show_error(error)
        return error.exit_code
    except BrokenPipeError:  # the reader of our output has enough
        _drop_output()
        return 1
    except (KeyboardInterrupt, typer.Abort):
        result = INTERRUPTED
    except Exception as error:
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            _drop_output()
            print("error: No space is left on the file system.", file=sys.stderr)
            return 1
        from baubau_ops.cli.logs import report_internal_error

        report_internal_error()
        return 1
    if result == INTERRUPTED:
        print("\nStopped by Ctrl-C.", file=sys.stderr)
    return result if isinstance(result, int) else 0


def _refuse_undecodable(arguments: Sequence[str]) -> None:
    """Refuse arguments that are not text in the terminal's encoding: they cannot be shown or written to a file."""
    for argument in arguments:
        if any("\ud800" <= character <= "\udfff" for character in argument):
            shown = argument.encode(errors="surrogateescape").decode(errors="backslashreplace")
            raise InputError(
                f'"{shown}" is not UTF-8.', remedy="Set the terminal to UTF-8 and type it again."
            )


def _drop_output() -> None:
    """Send nothing more to stdout: the interpreter would try to flush the rest at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _show_usage(error: typer.TyperException) -> None:
    show = getattr(error, "show", None)  # click's own usage errors know the command they belong to
    if show is None:
        print(f"Error: {error.format_message()}", file=sys.stderr)
    else:
        show()
