"""One training run from request to live model: scheduled, trained, compared, published, scored, replayed."""
