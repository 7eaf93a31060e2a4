"""Statistics, the verdict, predictions, and bitwise comparison of trials."""
