"""Object detection and instance segmentation with a pretrained encoder (Kong et al., Sec. 3.5)."""
