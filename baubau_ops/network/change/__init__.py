"""Changes routers: plans, waves and transactions."""
