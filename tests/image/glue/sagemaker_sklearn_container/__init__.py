"""Our equivalent of the thin package that AWS bakes into its scikit-learn image and does not publish.

It holds what joins the toolkits to a user's module and nothing else: `SAGEMAKER_TRAINING_MODULE` and
`SAGEMAKER_SERVING_MODULE` name it, as in the image.
"""
