"""What becomes of the papers' statements as the budget of training grows."""
