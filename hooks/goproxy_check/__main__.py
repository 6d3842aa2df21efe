"""``python -m goproxy_check``."""

from goproxy_check.cli import main

main()
