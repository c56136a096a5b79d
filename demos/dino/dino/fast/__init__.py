"""What trains: the same numbers as the plain path, sooner. Each piece is held against it by a test."""
