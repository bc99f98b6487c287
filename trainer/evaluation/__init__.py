"""How good a model is, each figure with its n and 95 % interval; comparing two; finding wrong labels."""
