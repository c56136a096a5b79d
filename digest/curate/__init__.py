"""What comes in from outside: what a host answers, asked politely."""
