"""What the figures share: choosing rows, the look, finding and saving a figure."""
