"""What a router does beside routing, against its model."""
