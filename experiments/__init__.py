"""The sentences: click commands, studies, sweeps, comparison."""
