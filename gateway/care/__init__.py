"""Medical decisions and documents as values: what a report must say, and how it looks on paper. No I/O, no clock."""
