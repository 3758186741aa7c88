"""From raw texts and labels to the train and test frames, the stop-word list and their files. Nothing here talks to
AWS.
"""
