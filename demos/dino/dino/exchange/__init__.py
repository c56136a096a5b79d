"""Weights going out and coming in: the authors' files, timm's, safetensors, torch.export, ONNX, torch.hub."""
