"""The faces most like another one, by a cosine of their features, exactly (ADR 25)."""
