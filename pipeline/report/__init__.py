"""`report` and `explain`: what the data is like, what the model knows, and why it answers as it does.

`sources` reads S3, `making` and `explaining` ask the deployed pipelines as well; `figures` computes, `plots` draws and
`output` writes, and none of these three talks to AWS.
"""
