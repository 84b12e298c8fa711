"""What a pretrained encoder knows: probes and their controls, reconstruction, similarity."""
