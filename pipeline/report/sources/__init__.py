"""What a report starts from: the model that a run serves, its splits, and the deployed pipeline's answers, held to what
the model answers here.
"""
