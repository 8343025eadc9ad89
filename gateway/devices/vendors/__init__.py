"""Models that have a protocol of their own, or bend a standard one: one file each, from public facts."""
