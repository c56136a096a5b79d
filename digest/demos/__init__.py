"""The demos as the pipeline sees them: an environment each, their commands, their results."""
