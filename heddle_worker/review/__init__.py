"""What changed from one state to another, symbol by symbol. Pure: no protocol, no git, no SQL."""
