"""Networks: a low-resolution tensor in, a high-resolution tensor out."""
