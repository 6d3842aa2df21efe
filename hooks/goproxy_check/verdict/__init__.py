"""From questions to verdicts: who is asked, what the answers amount to, and the words for it."""
