"""``python -m goproxy_check``."""

import sys

from goproxy_check.cli import main

if __name__ == "__main__":
    sys.exit(main())
