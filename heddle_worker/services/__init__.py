"""One servicer per service: validate, call the domain, build the reply."""
