"""The parts of the HTML page of a review."""
