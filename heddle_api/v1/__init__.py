"""Messages, stubs and servicers of the protobuf package `heddle.v1`."""
