"""Every method of the daemon's as a call that can be made: one module a service. Without I/O."""
