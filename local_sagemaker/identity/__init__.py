"""Who a client is and what it may do: what the SageMaker SDKs ask of STS and IAM before they do anything. moto keeps
what is created in IAM; it is loaded only when something is. Roles and policies survive the server's end.
"""

from local_sagemaker.identity.service import Identity

__all__ = ["Identity"]
