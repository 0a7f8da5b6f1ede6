"""What makes a network: data, losses, discriminators, the training loop."""
