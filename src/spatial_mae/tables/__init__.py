"""Rows and columns: what tables hold, how they are read and collected, how rows are chosen."""
