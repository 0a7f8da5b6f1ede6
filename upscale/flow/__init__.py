"""Work in stages that overlap: threads, bounded queues, how busy each stage was, and one way to end."""
