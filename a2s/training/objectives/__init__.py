"""The trainings, one module each: `train(config, resume)` fits a model and writes it in diffusers' layout."""
