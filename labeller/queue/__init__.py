"""Which face comes next, for whom and why; leases keep two people off one face."""
