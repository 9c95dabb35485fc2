"""What routers should be seen to do when each runs its intended text."""
