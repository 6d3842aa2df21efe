"""The client's side of the GOPROXY protocol: the quick question, and what the answers of proxies mean."""
