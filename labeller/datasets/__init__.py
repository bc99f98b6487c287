"""Named parts of the data: tags, saved filters, and versions, which are frozen."""
