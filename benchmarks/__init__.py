"""What goproxy-check costs, held against what cannot be avoided and against Go itself."""
