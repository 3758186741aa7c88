"""Images as data: what an image holds and how it trains and serves, and the Python environment that takes its place."""
