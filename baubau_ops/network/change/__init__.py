"""Changes routers: plan, waves, transactions."""
