"""`python -m heddle_supervisor` is `heddle`; with `serve CONFIG` it is the daemon itself."""

import sys

if sys.argv[1:2] == ["serve"]:
    from heddle_supervisor import daemon_process

    daemon_process.run(sys.argv[2:])

from heddle_supervisor.cli import main

main()
