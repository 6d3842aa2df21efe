"""What tests want to know of other processes."""

import os
import time


def is_gone(pid: int) -> bool:
    """Tell whether the process PID has ended; the system may take a moment to bury it."""
    for _ in range(100):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False
