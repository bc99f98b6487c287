"""Training runs from the request to the live model: schedule, train, compare, publish, score, replay."""
