"""goproxy-check: does every newly referenced Go module version resolve, and if not, why?"""

__version__ = "0.2.0"
