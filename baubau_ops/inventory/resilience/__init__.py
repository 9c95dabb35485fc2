"""What failures do to the city, computed."""
