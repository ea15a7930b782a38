"""How many tasks a second, with which setting: make throughput."""
