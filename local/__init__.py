"""What `make run` and `make test` start on a laptop. Nothing in production imports it."""
