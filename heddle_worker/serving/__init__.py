"""The way from a socket to a servicer and back: the one room that knows gRPC."""
