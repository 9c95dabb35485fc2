"""What every other package stands on; imports nothing of the project but itself."""
