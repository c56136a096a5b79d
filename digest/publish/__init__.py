"""What goes out: pages, feeds, cards, machine-readable files, and the engine that makes HTML of them."""
