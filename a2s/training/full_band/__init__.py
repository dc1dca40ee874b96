"""What the training of the VAE and the vocoder at 48 kHz needs besides the objectives: data, losses, first weights."""
