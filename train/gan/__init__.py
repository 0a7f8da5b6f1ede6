"""The adversarial side of training: what both sides minimise, and what keeps them from running away."""
