"""One script a claim: it prints a table and writes JSON to benchmarks/results."""
