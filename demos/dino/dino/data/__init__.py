"""Images for training, from wherever they lie: `open_images` finds out what a path is, `Shuffle` deals them out."""
