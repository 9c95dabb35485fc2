"""`python -m baubau_ops`: the command line."""

import signal

if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # not where a shell has it ignored
    # What follows imports much: Ctrl-C meanwhile ends the process at once, without a traceback.
    signal.signal(signal.SIGINT, signal.SIG_DFL)

from baubau_ops.cli.app import main

main()
