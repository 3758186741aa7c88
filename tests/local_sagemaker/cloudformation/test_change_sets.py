"""Change sets: what a stack would become is shown, and done only when it is asked for."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_sagemaker.cloudformation.conftest import history, log_group, log_groups, settled, template
from tests.local_sagemaker.conftest import ClientFactory


def changes(cloudformation: Any, **change_set: str) -> dict[str, tuple[str, str | None]]:
    found = cloudformation.describe_change_set(**change_set)["Changes"]
    each = (change["ResourceChange"] for change in found)
    return {one["LogicalResourceId"]: (one["Action"], one.get("Replacement")) for one in each}


def test_a_new_stack_is_reviewed_before_it_is_made(cloudformation: Any, client: ClientFactory, name: str) -> None:
    body = template({"One": log_group(f"/{name}/one"), "Two": log_group({"Fn::Sub": "${One}/two"})})
    common = {"StackName": name, "ChangeSetName": "first"}
    made = cloudformation.create_change_set(**common, ChangeSetType="CREATE", TemplateBody=body)
    cloudformation.get_waiter("change_set_create_complete").wait(**common, WaiterConfig={"Delay": 1})
    assert cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"] == "REVIEW_IN_PROGRESS"
    assert changes(cloudformation, **common) == {"One": ("Add", None), "Two": ("Add", None)}
    assert log_groups(client, f"/{name}/") == []
    cloudformation.execute_change_set(**common)
    stack = settled(cloudformation, name)
    assert (stack["StackStatus"], stack["ChangeSetId"]) == ("CREATE_COMPLETE", made["Id"])
    assert log_groups(client, f"/{name}/") == [f"/{name}/one", f"/{name}/one/two"]
    done = cloudformation.describe_change_set(ChangeSetName=made["Id"])
    assert done["ExecutionStatus"] == "EXECUTE_COMPLETE"
    with pytest.raises(ClientError, match="InvalidChangeSetStatus"):
        cloudformation.execute_change_set(ChangeSetName=made["Id"])


def test_a_stack_in_review_is_forgotten_when_it_is_deleted(cloudformation: Any, name: str) -> None:
    body = template({"One": log_group(f"/{name}/one")})
    cloudformation.create_change_set(StackName=name, ChangeSetName="first", ChangeSetType="CREATE", TemplateBody=body)
    cloudformation.delete_change_set(StackName=name, ChangeSetName="first")
    with pytest.raises(ClientError, match="ChangeSetNotFound"):
        cloudformation.describe_change_set(StackName=name, ChangeSetName="first")
    cloudformation.delete_stack(StackName=name)
    with pytest.raises(ClientError, match="does not exist"):
        cloudformation.describe_stacks(StackName=name)


def test_a_change_set_names_what_is_changed_replaced_and_removed(
    cloudformation: Any, client: ClientFactory, name: str
) -> None:
    before = {"A": log_group(f"/{name}/a"), "B": log_group({"Fn::Sub": "${A}/b"}), "C": log_group(f"/{name}/c")}
    cloudformation.create_stack(StackName=name, TemplateBody=template(before))
    settled(cloudformation, name)
    changed = log_group(f"/{name}/c")
    changed["Properties"]["RetentionInDays"] = 7
    after = {"A": log_group(f"/{name}/x"), "B": before["B"], "C": changed}
    common = {"StackName": name, "ChangeSetName": "second"}
    cloudformation.create_change_set(**common, TemplateBody=template(after))
    assert changes(cloudformation, **common) == {
        "A": ("Modify", "True"),
        "B": ("Modify", "True"),
        "C": ("Modify", "False"),
    }
    cloudformation.create_change_set(StackName=name, ChangeSetName="third", TemplateBody=template({"A": after["A"]}))
    assert changes(cloudformation, StackName=name, ChangeSetName="third")["B"] == ("Remove", None)
    assert log_groups(client, f"/{name}/x") == []
    cloudformation.execute_change_set(**common)
    assert settled(cloudformation, name)["StackStatus"] == "UPDATE_COMPLETE"
    assert log_groups(client, f"/{name}/") == [f"/{name}/c", f"/{name}/x", f"/{name}/x/b"]
    assert [each["ChangeSetName"] for each in cloudformation.list_change_sets(StackName=name)["Summaries"]] == [
        "second"
    ]


def test_a_change_set_without_changes_fails_as_on_aws(cloudformation: Any, name: str) -> None:
    body = template({"One": log_group(f"/{name}/one")})
    cloudformation.create_stack(StackName=name, TemplateBody=body)
    settled(cloudformation, name)
    common = {"StackName": name, "ChangeSetName": "none"}
    cloudformation.create_change_set(**common, TemplateBody=body)
    found = cloudformation.describe_change_set(**common)
    assert (found["Status"], found["ExecutionStatus"]) == ("FAILED", "UNAVAILABLE")
    assert found["StatusReason"].startswith("The submitted information didn't contain changes.")
    with pytest.raises(ClientError, match="InvalidChangeSetStatus"):
        cloudformation.execute_change_set(**common)
    assert len(history(cloudformation, name)) == 5


def test_parameters_can_stay_as_they_were(cloudformation: Any, client: ClientFactory, name: str) -> None:
    body = template(
        {"One": log_group({"Fn::Join": ["/", ["", name, {"Ref": "A"}, {"Ref": "B"}]]})},
        Parameters={"A": {"Type": "String"}, "B": {"Type": "String", "Default": "b"}},
    )
    given = [{"ParameterKey": "A", "ParameterValue": "1"}, {"ParameterKey": "B", "ParameterValue": "2"}]
    cloudformation.create_stack(StackName=name, TemplateBody=body, Parameters=given)
    settled(cloudformation, name)
    kept = [{"ParameterKey": "A", "UsePreviousValue": True}, {"ParameterKey": "B", "ParameterValue": "3"}]
    cloudformation.create_change_set(StackName=name, ChangeSetName="other", UsePreviousTemplate=True, Parameters=kept)
    cloudformation.execute_change_set(StackName=name, ChangeSetName="other")
    settled(cloudformation, name)
    assert log_groups(client, f"/{name}/") == [f"/{name}/1/3"]
