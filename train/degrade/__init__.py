"""Pictures made worse as the world makes them worse: seeded, step by step, and told."""
