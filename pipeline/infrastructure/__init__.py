"""What the pipeline needs in an account before its first job: one CloudFormation template, and the command over it."""
