"""How many labels choosing has saved, how many more are worth it, and simulations of both."""
