"""Who takes part: people, their links and tokens, invitations, and what they agreed to."""
