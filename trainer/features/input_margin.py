"""How much around a face's box a network sees. Apart from `crops` and `networks`, as it needs neither."""

MARGIN = 0.1
"""Share of the box added on each side: the chin and the edge of a mask lie outside a detector's box."""
TUTORIAL = ":tutorial"
"""End of the id of a network that is fed as in the 2020 tutorial: crops without a margin."""


def is_tight(backbone: str) -> bool:
    """Whether the network with this id is fed crops without a margin."""
    return backbone.endswith(TUTORIAL)


def margin_of(backbone: str) -> float:
    """Share of the box added on each side for the network with this id."""
    return 0.0 if is_tight(backbone) else MARGIN
