"""Who may call something: sets of roles."""

ANYONE = frozenset({"anyone"})
ALL = frozenset({"owner", "labeller", "friend"})
TEAM = frozenset({"owner", "labeller"})
OWNER = frozenset({"owner"})
