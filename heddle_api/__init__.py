"""The wire API of heddle as Python modules, all of them generated from `protos/`."""
