"""How training and prediction grow with the data: a generator of posts, and what measures the steps on them."""
