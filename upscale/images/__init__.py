"""Picture files: jobs, reading, writing, and the batch pipeline."""
