"""The benchmark: what linrnn costs, beside what it is compared with, measured in one run (`make bench`)."""
