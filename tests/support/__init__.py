"""A loopback Go module proxy, a checksum database, and a throw-away world around them."""
