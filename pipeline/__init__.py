"""The command line, and all that talks to SageMaker and S3: AWS or the local SageMaker alike."""
