"""What a config means: measurements, data sources, runs, jobs. Standard library only."""
