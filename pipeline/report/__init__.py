"""`report` and `explain`: what the data is like, what the model knows, and why it answers as it does.

Computing is pure and apart from drawing, drawing apart from writing; S3 and the endpoint are asked in `making` alone.
"""
