"""Talks to S3 from within a training job, as a script on AWS would: without a word about where S3 is."""

import os

import boto3

boto3.client("s3").put_object(Bucket=os.environ["SM_HP_BUCKET"], Key=os.environ["SM_HP_KEY"], Body=b"from within")
