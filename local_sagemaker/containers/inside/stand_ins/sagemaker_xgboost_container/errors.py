"""The one error of the algorithm, and how the process that trains ends with it."""


class UserError(Exception):
    """The hyperparameters, the channels or the data are at fault; the message is for the job's FailureReason."""
