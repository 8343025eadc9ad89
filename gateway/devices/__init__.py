"""From radio bytes to readings."""
