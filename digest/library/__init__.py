"""What is curated: models, reading, writing back, checking."""
