#!/bin/sh
# Trains a model and asks an endpoint with the aws CLI (version 1 or 2).
#
# eval "$(local-sagemaker env)"
# sh docs/examples/aws_cli.sh
set -eu
export AWS_PAGER='' AWS_REGION="${AWS_REGION:-us-east-1}"
weather=$(dirname "$0")/weather
bucket=weather-cli
image=683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3
role=arn:aws:iam::123456789012:role/SageMakerRole # on AWS: a role of yours

made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
tar -czf "$made/sourcedir.tar.gz" -C "$weather" .
aws s3 mb "s3://$bucket"
aws s3 cp "$weather/readings.csv" "s3://$bucket/train/readings.csv"
aws s3 cp "$made/sourcedir.tar.gz" "s3://$bucket/sourcedir.tar.gz"

aws sagemaker create-training-job --training-job-name "$bucket" --role-arn "$role" \
    --algorithm-specification "TrainingImage=$image,TrainingInputMode=File" \
    --hyper-parameters "sagemaker_program=train.py,sagemaker_submit_directory=s3://$bucket/sourcedir.tar.gz" \
    --input-data-config "ChannelName=train,DataSource={S3DataSource={S3DataType=S3Prefix,S3Uri=s3://$bucket/train/}}" \
    --output-data-config "S3OutputPath=s3://$bucket/models" \
    --resource-config InstanceType=ml.m5.large,InstanceCount=1,VolumeSizeInGB=5 \
    --stopping-condition MaxRuntimeInSeconds=600
until [ "$(aws sagemaker describe-training-job --training-job-name "$bucket" --query TrainingJobStatus --output text)" \
    != InProgress ]; do sleep 1; done
artefact=$(aws sagemaker describe-training-job --training-job-name "$bucket" \
    --query ModelArtifacts.S3ModelArtifacts --output text)

environment="{SAGEMAKER_PROGRAM=inference.py,SAGEMAKER_SUBMIT_DIRECTORY=s3://$bucket/sourcedir.tar.gz}"
aws sagemaker create-model --model-name "$bucket" --execution-role-arn "$role" \
    --primary-container "Image=$image,ModelDataUrl=$artefact,Environment=$environment"
aws sagemaker create-endpoint-config --endpoint-config-name "$bucket" --production-variants \
    "VariantName=All,ModelName=$bucket,InstanceType=ml.m5.large,InitialInstanceCount=1"
aws sagemaker create-endpoint --endpoint-name "$bucket" --endpoint-config-name "$bucket"
aws sagemaker wait endpoint-in-service --endpoint-name "$bucket"
printf '10.0,985.0\n20.0,1022.0' >"$made/body.csv"
aws sagemaker-runtime invoke-endpoint --endpoint-name "$bucket" --content-type text/csv --accept text/csv \
    --body "fileb://$made/body.csv" "$made/answer.csv"
echo "storm $(tr '\n' ' ' <"$made/answer.csv")"

aws sagemaker delete-endpoint --endpoint-name "$bucket"
aws sagemaker delete-endpoint-config --endpoint-config-name "$bucket"
aws sagemaker delete-model --model-name "$bucket"
