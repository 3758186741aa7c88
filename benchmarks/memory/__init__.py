"""How much memory a command takes, and the local SageMaker and its containers meanwhile (Linux alone: /proc)."""
