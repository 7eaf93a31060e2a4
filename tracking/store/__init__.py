"""Where runs and studies are stored: databases, locks, errors, health."""
