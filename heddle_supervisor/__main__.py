"""`python -m heddle_supervisor` is `heddle`."""

from heddle_supervisor.cli import main

main()
