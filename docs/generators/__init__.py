"""The pages of the reference that are made from the code and from `protos/`, one module each."""
