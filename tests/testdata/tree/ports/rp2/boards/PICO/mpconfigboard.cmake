# No network.
