"""What is checked before a release: it needs other tools, the network, or minutes.

`tox -e dist,interop,examples,audit,minimum` runs it; the test suite never does.
"""
