"""Messages, stubs and servicers of the protobuf package `heddle.local.v1`."""
