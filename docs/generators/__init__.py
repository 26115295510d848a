"""The pages that are made from the code, from `protos/` and from figures, one module each."""
