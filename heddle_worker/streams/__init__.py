"""What is sent, as it happens, to whoever stays on: the live log, and updates of signals."""
