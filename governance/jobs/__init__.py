"""What happens by itself: the queue of long work and the recurring jobs."""
