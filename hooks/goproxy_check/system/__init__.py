"""What the operating system gives: programs to start, and a terminal to write to."""
