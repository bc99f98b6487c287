"""Who is asking and what they may do: sign-in, links that work from a phone, one table of permissions."""
