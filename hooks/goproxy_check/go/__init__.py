"""The user's go command: its settings, and the questions that it answers."""
