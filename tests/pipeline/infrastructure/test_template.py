"""What the template promises, read off it: moto makes only some of it."""

from __future__ import annotations

from tests.pipeline.infrastructure.template_reading import properties, template


def test_the_bucket_is_versioned_and_closed_to_the_public() -> None:
    bucket = properties("Bucket")
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    assert all(bucket["PublicAccessBlockConfiguration"].values())


def test_the_bucket_answers_by_tls_alone() -> None:
    (statement,) = properties("BucketPolicy")["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "s3:*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_lifecycle_takes_scratch_alone_of_what_is_current() -> None:
    rules = properties("Bucket")["LifecycleConfiguration"]["Rules"]
    expired = [rule["Prefix"]["Fn::Sub"] for rule in rules if "ExpirationInDays" in rule]
    assert expired == [f"${{PipelineName}}/{name}/" for name in ("batch", "tuning", "checkpoints")]


def test_no_statement_allows_every_action_but_the_keys_own_to_its_account() -> None:
    resources = template()["Resources"]
    wide = [name for name, resource in resources.items() if "'Action': 'kms:*'" in str(resource)]
    assert wide == ["Key"]
    assert "FullAccess" not in str(resources)
    assert "'Action': '*'" not in str(resources)


def test_roles_are_assumed_for_this_account_alone() -> None:
    for role in ("ExecutionRole", "SchedulerRole"):
        (statement,) = properties(role)["AssumeRolePolicyDocument"]["Statement"]
        assert statement["Condition"]["StringEquals"]["aws:SourceAccount"] == {"Ref": "AWS::AccountId"}
        assert "aws:SourceArn" in str(statement["Condition"])


def test_the_scheduler_may_delete_the_projects_endpoint_and_nothing_else() -> None:
    (policy,) = properties("SchedulerRole")["Policies"]
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert statement["Action"] == "sagemaker:DeleteEndpoint"
    assert statement["Resource"]["Fn::Sub"].endswith(":endpoint/${PipelineName}")
    assert statement["Condition"] == {"StringEquals": {"aws:ResourceTag/text-pipeline:name": {"Ref": "PipelineName"}}}
