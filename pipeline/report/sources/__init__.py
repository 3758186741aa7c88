"""What a report starts from: the model that a run serves, its splits, and the check that the deployed pipeline answers
as that model does.
"""
