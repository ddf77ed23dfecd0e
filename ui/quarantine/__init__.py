"""Files set aside: what they were, why, and what to do."""
