"""SRM on one machine with nothing beside it: `make run` and `make setup`."""
