"""The image that routers boot."""
