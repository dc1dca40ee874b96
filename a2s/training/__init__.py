"""Training: one trainer, one objective per model, the ablations, and the assembly of a model folder."""
