"""``python -m goproxy_check``."""

from goproxy_check.cli import main

if __name__ == "__main__":
    main()
