"""From the model of a router to its text."""
