"""Training: one loop for pretraining, fine-tuning and training from scratch."""
