"""The members of CloudWatch's requests: the written list of what is honoured and what says nothing here."""

from __future__ import annotations

from collections.abc import Mapping

from local_sagemaker.protocol.members import Members, below

_ONE_ACCOUNT = "there is one account"
_NAMES = Members("AlarmNames")
_METRIC = f"Namespace MetricName {below('Dimensions', 'Name Value')}"
_COMPARED = (
    "GreaterThanOrEqualToThreshold",
    "GreaterThanThreshold",
    "LessThanThreshold",
    "LessThanOrEqualToThreshold",
)

CLOUDWATCH: Mapping[str, Members] = {
    "DeleteAlarms": _NAMES,
    "DescribeAlarmHistory": Members(
        "AlarmName HistoryItemType StartDate EndDate MaxRecords NextToken ScanBy",
        {"AlarmTypes": "there are metric alarms only"},
    ),
    "DescribeAlarms": Members(
        "AlarmNames AlarmNamePrefix AlarmTypes StateValue ActionPrefix MaxRecords NextToken",
        instead={
            "ChildrenOfAlarmName": "leave it out: there are no composite alarms.",
            "ParentsOfAlarmName": "leave it out: there are no composite alarms.",
        },
    ),
    "DescribeAlarmsForMetric": Members(f"{_METRIC} Statistic ExtendedStatistic Period Unit"),
    "DisableAlarmActions": _NAMES,
    "EnableAlarmActions": _NAMES,
    "GetMetricData": Members(
        "StartTime EndTime ScanBy MaxDatapoints "
        + below("MetricDataQueries", "Id Label ReturnData")
        + " "
        + below("MetricDataQueries.MetricStat", "Period Stat Unit")
        + " "
        + below("MetricDataQueries.MetricStat.Metric", "Namespace MetricName Dimensions.Name Dimensions.Value"),
        {"MetricDataQueries.AccountId": _ONE_ACCOUNT, "LabelOptions.Timezone": "labels hold no time"},
        instead={"MetricDataQueries.Expression": "compute it from the metrics themselves."},
    ),
    "GetMetricStatistics": Members(f"{_METRIC} StartTime EndTime Period Statistics ExtendedStatistics Unit"),
    "ListMetrics": Members(
        f"{_METRIC} NextToken RecentlyActive",
        {"IncludeLinkedAccounts OwningAccount": _ONE_ACCOUNT},
    ),
    "ListTagsForResource": Members("ResourceARN"),
    "PutMetricAlarm": Members(
        f"AlarmName AlarmDescription ActionsEnabled OKActions AlarmActions InsufficientDataActions {_METRIC} Statistic "
        "ExtendedStatistic Period Unit EvaluationPeriods DatapointsToAlarm Threshold TreatMissingData Tags.Key "
        "Tags.Value",
        only={"ComparisonOperator": _COMPARED, "EvaluateLowSampleCountPercentile": ("evaluate",)},
        instead={
            "Metrics": "give MetricName, Namespace and Dimensions of one metric.",
            "ThresholdMetricId": "give a Threshold.",
            "ComparisonOperator": "give one that compares with a Threshold; anomalies are not detected.",
        },
    ),
    "PutMetricData": Members(
        f"Namespace {below('MetricData', 'MetricName Dimensions.Name Dimensions.Value Timestamp Value Values Counts')} "
        + below("MetricData", "Unit")
        + " "
        + below("MetricData.StatisticValues", "SampleCount Sum Minimum Maximum"),
        {"MetricData.StorageResolution": "values are kept by the second"},
        instead={"EntityMetricData": "give MetricData."},
    ),
    "SetAlarmState": Members("AlarmName StateValue StateReason StateReasonData"),
    "TagResource": Members("ResourceARN Tags.Key Tags.Value"),
    "UntagResource": Members("ResourceARN TagKeys"),
}

REFUSED: Mapping[str, str] = {
    "DescribeAlarmContributors": "metric alarms have none.",
    "PutAlarmMuteRule": "use DisableAlarmActions.",
    "PutAnomalyDetector": "anomalies are not detected.",
    "PutCompositeAlarm": "put the metric alarms themselves.",
    "PutLogAlarm": "put a metric, and an alarm of it.",
}
"""What would be about our metrics and alarms, and nobody here does; with what to do instead."""
