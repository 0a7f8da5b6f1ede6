"""The comparison page: pictures, folders and clips side by side in one HTML file that needs nothing else."""
