"""Claims about linear recurrent networks, each with an experiment and a measured verdict; one file per claim."""
