"""A small world that is drawn by program: pictures of ten classes with exact masks, for experiments on a laptop."""
