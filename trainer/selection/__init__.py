"""Which faces are worth a person's next answer: strategies on arrays, and the review plan that uses them."""
