"""`bootstrap` makes what the template says, shows it first, and takes away what it made and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from click.testing import CliRunner
from moto.moto_api._internal import moto_api_backend

from pipeline.aws.session import OWNER_TAG, Choices, Session
from pipeline.cli import cli
from pipeline.deployment.costs import costs
from pipeline.errors import BadInput, NotReady
from pipeline.infrastructure.bootstrap import bootstrap, change_lines, change_set_request
from pipeline.infrastructure.parameters import Wishes
from pipeline.infrastructure.removal import delete
from pipeline.infrastructure.stack import find_ours
from tests.pipeline.kills import Case, Kills, Moment

EVERYTHING = Wishes(
    creates_key=True,
    subnets="subnet-1,subnet-2",
    security_groups="sg-1",
    budget=20,
    budget_email="someone@example.com",
)
STACK = "text-pipeline-infrastructure"


def yes(_: list[str]) -> bool:
    return True


def no(_: list[str]) -> bool:
    return False


def again(session: Session) -> Session:
    """A session of the next command."""
    return Session(session.target, Choices())


def test_the_commands_find_what_it_made(account: Session) -> None:
    outputs = bootstrap(account, EVERYTHING, yes)
    assert outputs is not None
    found = again(account)
    assert found.home.bucket == outputs["BucketName"]
    assert found.role_arn == outputs["ExecutionRoleArn"]
    assert found.kms_key == outputs["KmsKeyArn"]
    assert found.vpc == {"security_group_ids": ["sg-1"], "subnets": ["subnet-1", "subnet-2"]}
    assert found.infrastructure
    assert found.infrastructure.scheduler_role == outputs["SchedulerRoleArn"]


def test_the_bucket_is_encrypted_with_the_key(account: Session) -> None:
    outputs = bootstrap(account, EVERYTHING, yes) or {}
    s3, bucket = account.s3, outputs["BucketName"]
    encryption = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert encryption["ApplyServerSideEncryptionByDefault"] == {
        "SSEAlgorithm": "aws:kms",
        "KMSMasterKeyID": outputs["KmsKeyArn"],
    }


def test_the_key_that_it_made_is_among_the_costs_and_one_that_was_there_is_not(account: Session) -> None:
    made = (bootstrap(account, Wishes(creates_key=True), yes) or {})["KmsKeyArn"]
    (cost,) = costs(again(account))
    assert (cost.kind, cost.name, cost.is_billed) == ("key", made, True)
    assert cost.hourly == pytest.approx(1 / 730)
    delete(again(account), and_data=False, confirm=yes)
    bootstrap(again(account), Wishes(kms_key=made), yes)
    assert again(account).kms_key == made
    assert costs(again(account)) == []


def test_by_default_there_is_no_key_network_or_budget(account: Session) -> None:
    outputs = bootstrap(account, Wishes(), yes) or {}
    resources = account.cloudformation.list_stack_resources(StackName=STACK)["StackResourceSummaries"]
    made = {item["LogicalResourceId"] for item in resources}
    assert made >= {"Bucket", "ExecutionRole", "SchedulerRole", "OperatorPolicy", "ReleasePolicy"}
    assert not made & {"Key", "KeyOfExecutionRole", "NetworkOfExecutionRole", "KeyOfOperator", "Budget"}
    assert not {"KmsKeyArn", "SubnetIds", "SecurityGroupIds"} & outputs.keys()


def test_what_exists_already_is_used_instead(account: Session) -> None:
    account.s3.create_bucket(Bucket="mine", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    role = "arn:aws:iam::123456789012:role/mine"
    outputs = bootstrap(account, Wishes(bucket="mine", role_arn=role), yes) or {}
    assert (outputs["BucketName"], outputs["ExecutionRoleArn"]) == ("mine", role)
    assert delete(account, and_data=True, confirm=yes)
    assert [item["Name"] for item in account.s3.list_buckets()["Buckets"]] == ["mine"]


def test_a_second_run_keeps_what_was_chosen(account: Session) -> None:
    bootstrap(account, EVERYTHING, yes)
    request = change_set_request(account, Wishes(budget=0), find_ours(account))
    assert request["ChangeSetType"] == "UPDATE"
    parameters = {item["ParameterKey"]: item for item in request["Parameters"]}
    assert parameters["MonthlyBudget"]["ParameterValue"] == "0"
    assert {name for name, item in parameters.items() if item.get("UsePreviousValue")} >= {"CreateKmsKey", "SubnetIds"}


def test_who_says_no_leaves_nothing(account: Session) -> None:
    assert bootstrap(account, Wishes(), no) is None
    assert account.cloudformation.list_stacks(StackStatusFilter=["REVIEW_IN_PROGRESS"])["StackSummaries"] == []
    assert bootstrap(account, Wishes(), yes)
    assert bootstrap(account, EVERYTHING, no) is None
    assert again(account).kms_key is None


def test_a_change_set_that_was_left_is_taken_up_by_the_next_run(account: Session) -> None:
    def cut_off(_: list[str]) -> bool:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bootstrap(account, Wishes(), cut_off)
    assert account.cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]["StackStatus"] == "REVIEW_IN_PROGRESS"
    assert again(account).infrastructure is None
    assert bootstrap(account, Wishes(), yes)


def test_a_strangers_stack_of_the_name_stays_as_it_is(account: Session) -> None:
    template = json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}})
    account.cloudformation.create_stack(StackName=STACK, TemplateBody=template)
    with pytest.raises(BadInput, match="is not this pipeline's"):
        bootstrap(account, Wishes(), yes)
    with pytest.raises(BadInput, match="is not this pipeline's"):
        delete(account, and_data=True, confirm=yes)
    assert account.cloudformation.get_template(StackName=STACK)["TemplateBody"] == json.loads(template)


def test_delete_takes_everything_away(account: Session) -> None:
    bootstrap(account, EVERYTHING, yes)
    assert delete(account, and_data=False, confirm=yes)
    assert account.s3.list_buckets()["Buckets"] == []
    iam = boto3.client("iam")
    assert iam.list_roles()["Roles"] == []
    assert iam.list_policies(Scope="Local")["Policies"] == []
    assert again(account).infrastructure is None
    assert delete(account, and_data=False, confirm=yes) is False


def test_delete_keeps_data_unless_told(account: Session) -> None:
    bucket = (bootstrap(account, Wishes(), yes) or {})["BucketName"]
    account.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})  # moto leaves it out
    account.s3.put_object(Bucket=bucket, Key="text-pipeline/runs/1/run.json", Body=b"1")
    account.s3.put_object(Bucket=bucket, Key="text-pipeline/runs/1/run.json", Body=b"2")
    account.s3.delete_object(Bucket=bucket, Key="text-pipeline/runs/1/run.json")
    with pytest.raises(NotReady, match=r"3 versions of objects.*--delete --data"):
        delete(account, and_data=False, confirm=yes)
    assert delete(account, and_data=True, confirm=no) is None
    assert len(account.s3.list_object_versions(Bucket=bucket)["Versions"]) == 2
    assert delete(account, and_data=True, confirm=yes)
    assert account.s3.list_buckets()["Buckets"] == []


def test_delete_refuses_a_bucket_that_holds_what_is_not_the_pipelines(account: Session) -> None:
    bucket = (bootstrap(account, Wishes(), yes) or {})["BucketName"]
    account.s3.put_object(Bucket=bucket, Key="text-pipeline-of-a-colleague/model", Body=b"")
    with pytest.raises(BadInput, match="text-pipeline-of-a-colleague/model, which is not"):
        delete(account, and_data=True, confirm=yes)
    assert account.s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 1


def test_delete_waits_for_teardown(account: Session) -> None:
    bootstrap(account, Wishes(), yes)
    sagemaker = account.sagemaker
    sagemaker.create_model(ModelName="m", ExecutionRoleArn=account.role_arn, PrimaryContainer={"Image": "i"})
    sagemaker.create_endpoint_config(
        EndpointConfigName="c",
        ProductionVariants=[
            {"VariantName": "v", "ModelName": "m", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
        ],
    )
    sagemaker.create_endpoint(
        EndpointName="text-pipeline", EndpointConfigName="c", Tags=[{"Key": OWNER_TAG, "Value": "text-pipeline"}]
    )
    with pytest.raises(NotReady, match="make teardown"):
        delete(account, and_data=False, confirm=yes)


@pytest.mark.parametrize(
    ("wishes", "missing"),
    [
        (Wishes(subnets="subnet-1"), "--security-groups"),
        (Wishes(security_groups="sg-1"), "--subnets"),
        (Wishes(budget=5), "--budget-email"),
        (Wishes(creates_key=True, kms_key="arn"), "one of the two"),
    ],
)
def test_wishes_that_do_not_fit_together_are_refused_before_any_call(wishes: Wishes, missing: str) -> None:
    with pytest.raises(BadInput, match=missing):
        wishes.check()


def test_the_table_says_what_is_made_anew() -> None:
    change = {"Action": "Modify", "LogicalResourceId": "Bucket", "ResourceType": "AWS::S3::Bucket"}
    lines = change_lines([{"ResourceChange": {**change, "Replacement": "True"}}, {"ResourceChange": change}])  # type: ignore[list-item]
    assert lines == ["Modify  Bucket  AWS::S3::Bucket  made anew", "Modify  Bucket  AWS::S3::Bucket"]


def test_a_dry_run_prints_the_request_and_makes_nothing(account: Session) -> None:
    done = CliRunner().invoke(cli, ["--target", "aws", "bootstrap", "--dry-run", "--create-key"])
    assert done.exit_code == 0, done.output
    (noted,) = json.loads(done.stdout)
    assert (noted["service"], noted["operation"]) == ("cloudformation", "CreateChangeSet")
    assert {"ParameterKey": "CreateKmsKey", "ParameterValue": "true"} in noted["request"]["Parameters"]
    assert account.cloudformation.list_stacks()["StackSummaries"] == []


def test_the_command_asks_with_account_and_region(account: Session) -> None:
    done = CliRunner().invoke(cli, ["--target", "aws", "bootstrap"], input="n\n")
    assert "on target aws, account 123456789012, region eu-west-1:" in done.stderr
    assert done.stdout.strip() == "nothing was made"
    done = CliRunner().invoke(cli, ["--target", "aws", "bootstrap", "--yes"])
    assert "BucketName" in done.stdout, done.output
    done = CliRunner().invoke(cli, ["--target", "aws", "bootstrap", "--delete", "--yes"])
    assert done.stdout.strip() == "deleted"
    assert account.s3.list_buckets()["Buckets"] == []


def made(session: Session) -> None:
    bootstrap(again(session), Wishes(), yes)


def with_data(session: Session) -> None:
    made(session)
    session.s3.put_object(Bucket=again(session).home.bucket, Key="text-pipeline/runs/1/run.json", Body=b"1")


def deleted(session: Session) -> None:
    delete(again(session), and_data=True, confirm=yes)


def left(session: Session) -> object:
    """All that is there, without the names that CloudFormation makes up."""
    present = session.cloudformation.describe_stacks()["Stacks"]
    iam = boto3.client("iam")
    return {
        "stacks": [(stack["StackName"], stack["StackStatus"], stack["Parameters"]) for stack in present],
        "outputs": sorted(item["OutputKey"] for stack in present for item in stack["Outputs"]),
        "change sets": [name for stack in present for name in waiting(session, stack)],
        "buckets": len(session.s3.list_buckets()["Buckets"]),
        "roles": len(iam.list_roles()["Roles"]),
        "policies": len(iam.list_policies(Scope="Local")["Policies"]),
    }


def waiting(session: Session, stack: Any) -> list[str]:
    """The change sets that wait for a stack; moto keeps others, which AWS does not: those of stacks that are gone."""
    found = session.cloudformation.list_change_sets(StackName=stack["StackName"])["Summaries"]
    ours = [item for item in found if item["StackId"] == stack["StackId"]]
    return [item["ChangeSetName"] for item in ours if item["ExecutionStatus"] == "AVAILABLE"]


@pytest.mark.long
@pytest.mark.parametrize("moment", Moment)
@pytest.mark.parametrize(
    ("earlier", "command", "sent"),
    [
        ([], made, ["CreateChangeSet", "ExecuteChangeSet"]),
        ([with_data], deleted, ["DeleteObjects", "DeleteStack"]),
    ],
    ids=["made", "deleted"],
)
def test_bootstrap_killed_at_any_request_and_run_again_ends_in_the_same_state(
    account: Session,
    kills: Kills,
    moment: Moment,
    earlier: list[Callable[[Session], None]],
    command: Callable[[Session], None],
    sent: list[str],
) -> None:
    def begin() -> None:
        moto_api_backend.reset()
        for step in earlier:
            step(account)

    # moto cannot apply the same template twice; tests/integration/test_bootstrap.py does, on the local SageMaker.
    case = Case(begin, lambda: command(account), lambda: left(account), repeats=command is not made)
    assert kills.check(case, moment) == sent
