"""Who sent a request and what they may do: identity, permissions, rate limits, headers, sign-in links."""
