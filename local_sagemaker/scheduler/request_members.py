"""The members of EventBridge Scheduler's requests: what is honoured and what says nothing here."""

from __future__ import annotations

from collections.abc import Mapping

from local_sagemaker.protocol.members import Members, below

_TOKEN = {"ClientToken": "a name is taken once"}
_SCHEDULE = Members(
    "Name GroupName ScheduleExpression ScheduleExpressionTimezone StartDate EndDate Description State "
    "ActionAfterCompletion "
    + below("Target", "Arn Input")
    + " "
    + below("Target.SageMakerPipelineParameters.PipelineParameterList", "Name Value")
    + " "
    + below("Target.RetryPolicy", "MaximumEventAgeInSeconds MaximumRetryAttempts")
    + " "
    + below("FlexibleTimeWindow", "Mode MaximumWindowInMinutes"),
    {**_TOKEN, "KmsKeyArn": "what is stored is not encrypted", "Target.RoleArn": "no policy is enforced"},
)

SCHEDULER: Mapping[str, Members] = {
    "CreateSchedule": _SCHEDULE,
    "CreateScheduleGroup": Members(f"Name {below('Tags', 'Key Value')}", _TOKEN),
    "DeleteSchedule": Members("Name GroupName", _TOKEN),
    "DeleteScheduleGroup": Members("Name", _TOKEN),
    "GetSchedule": Members("Name GroupName"),
    "GetScheduleGroup": Members("Name"),
    "ListScheduleGroups": Members("NamePrefix NextToken MaxResults"),
    "ListSchedules": Members("GroupName NamePrefix State NextToken MaxResults"),
    "ListTagsForResource": Members("ResourceArn"),
    "TagResource": Members(f"ResourceArn {below('Tags', 'Key Value')}"),
    "UntagResource": Members("ResourceArn TagKeys"),
    "UpdateSchedule": _SCHEDULE,
}
