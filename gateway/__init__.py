"""The shared vocabulary of Téléborne, and its server program."""
