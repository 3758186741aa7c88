"""How the next hyperparameters are chosen: strategies over a space of parameters."""
