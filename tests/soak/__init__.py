"""`make soak`: a minute or more of everything at once, on a local SageMaker of its own; nothing leaves this machine."""
