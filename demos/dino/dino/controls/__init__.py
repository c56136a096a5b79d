"""What a claim is held against: simple features for the same k-NN, and masks that nothing was learnt for."""
