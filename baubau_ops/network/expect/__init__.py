"""What verify should see on the routers when each runs its intended configuration."""
