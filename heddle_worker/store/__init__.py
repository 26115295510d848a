"""The daemon's state: one SQLite file, one thread that writes it, many connections that read it."""
