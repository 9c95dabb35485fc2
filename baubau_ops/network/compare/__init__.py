"""What routers do against what is expected of them. Pure."""
