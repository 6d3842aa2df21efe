"""Which module files a commit, a push, a range or the work tree brings, and what was there before. Asked of git."""
