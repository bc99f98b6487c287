"""The pages: each module parses, calls one domain function, commits and renders."""
