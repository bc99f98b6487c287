"""What the model does with answers: embed, fit, evaluate, score, promote."""
