"""The members of CloudFormation's requests: the written list of what is honoured and what says nothing here."""

from __future__ import annotations

from collections.abc import Mapping

from local_sagemaker.protocol.members import Members, below

_TOKEN = {"ClientRequestToken": "an operation is not begun twice: a busy stack is refused"}
_ROLE = {"RoleARN": "no policy is enforced"}
_PARAMETERS = below("Parameters", "ParameterKey ParameterValue UsePreviousValue")
_TAGS = below("Tags", "Key Value")
_WANTED = f"StackName TemplateBody {_PARAMETERS} Capabilities {_TAGS}"
_INSTEAD = {"TemplateURL": "give the template as TemplateBody."}

CLOUDFORMATION: Mapping[str, Members] = {
    "ContinueUpdateRollback": Members("StackName", {**_TOKEN, **_ROLE}),
    "CreateChangeSet": Members(
        f"{_WANTED} UsePreviousTemplate ChangeSetName Description OnStackFailure",
        {"ClientToken": "the name of a change set is taken once", **_ROLE},
        only={
            "ChangeSetType": ("CREATE", "UPDATE"),
            "IncludeNestedStacks": (False,),
            "ImportExistingResources": (False,),
        },
        instead=_INSTEAD,
    ),
    "CreateStack": Members(
        f"{_WANTED} DisableRollback OnFailure EnableTerminationProtection",
        {**_TOKEN, **_ROLE},
        instead=_INSTEAD,
    ),
    "DeleteChangeSet": Members("ChangeSetName StackName"),
    "DeleteStack": Members("StackName RetainResources", {**_TOKEN, **_ROLE}, only={"DeletionMode": ("STANDARD",)}),
    "DescribeChangeSet": Members(
        "ChangeSetName StackName",
        {"NextToken": "all changes are on one page"},
        only={"IncludePropertyValues": (False,)},
    ),
    "DescribeStackEvents": Members("StackName NextToken"),
    "DescribeStackResource": Members("StackName LogicalResourceId"),
    "DescribeStackResources": Members("StackName LogicalResourceId PhysicalResourceId"),
    "DescribeStacks": Members("StackName NextToken"),
    "ExecuteChangeSet": Members("ChangeSetName StackName DisableRollback", _TOKEN),
    "GetTemplate": Members("StackName ChangeSetName", {"TemplateStage": "there are no transforms"}),
    "GetTemplateSummary": Members("TemplateBody StackName", instead=_INSTEAD),
    "ListChangeSets": Members("StackName", {"NextToken": "all change sets are on one page"}),
    "ListStackResources": Members("StackName NextToken"),
    "ListStacks": Members("NextToken StackStatusFilter"),
    "UpdateStack": Members(
        f"{_WANTED} UsePreviousTemplate", {**_TOKEN, **_ROLE}, only={"DisableRollback": (False,)}, instead=_INSTEAD
    ),
    "UpdateTerminationProtection": Members("StackName EnableTerminationProtection"),
    "ValidateTemplate": Members("TemplateBody", instead=_INSTEAD),
}
