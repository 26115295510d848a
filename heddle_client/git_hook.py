"""What a shim runs: `python git_hook.py POLICY HEDDLE-DIRECTORY HOOK [ARGUMENT…]`.

It exits with 0 when git may go on and with 77 when it is to stop. An interpreter compiles the
script that it runs each time, so there is next to nothing here.
"""

import sys

from heddle_client.hook_run import main

sys.exit(main(sys.argv[1:]))
