"""What the two papers state and print, and its one reader. Standard library only."""
