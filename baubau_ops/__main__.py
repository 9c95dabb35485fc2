"""`python -m baubau_ops`: the command line."""

from baubau_ops.cli.app import main

main()
