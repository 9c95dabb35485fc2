"""What every other package uses; imports nothing else of the project."""
