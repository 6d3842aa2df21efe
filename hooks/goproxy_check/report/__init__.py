"""A finished run, written for a person, for programs (JSON), and for GitHub."""
