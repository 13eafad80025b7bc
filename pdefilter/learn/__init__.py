"""Training: how a network finds its weights. It needs PyTorch, of the extra `learn`."""
