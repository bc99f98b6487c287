"""Taking photos and people out again, and handing a person everything that is theirs."""
