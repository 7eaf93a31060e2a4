"""Error rates of the verdict, measured on generated series whose answer is known."""
