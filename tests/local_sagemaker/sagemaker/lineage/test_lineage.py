"""Actions, artifacts, contexts and their associations, by boto3, and the questions that are asked of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_sagemaker.sagemaker.cloud import Cloud


def artifact(cloud: Cloud, uri: str, type_: str = "DataSet", **more: Any) -> str:
    made = cloud.sagemaker.create_artifact(Source={"SourceUri": uri}, ArtifactType=type_, **more)
    return str(made["ArtifactArn"])


def context(cloud: Cloud, name: str) -> str:
    source = {"SourceUri": f"s3://tests/{name}"}
    return str(cloud.sagemaker.create_context(ContextName=name, ContextType="Endpoint", Source=source)["ContextArn"])


def action(cloud: Cloud, name: str) -> str:
    source = {"SourceUri": f"s3://tests/{name}"}
    made = cloud.sagemaker.create_action(ActionName=name, ActionType="Deploy", Source=source, Status="InProgress")
    return str(made["ActionArn"])


def refused(call: Callable[[], object]) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call()
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


def test_an_artifact_is_known_by_its_arn_and_found_by_its_source(cloud: Cloud, name: str) -> None:
    uri = f"s3://tests/{name}"
    arn = artifact(cloud, uri, ArtifactName="data", Properties={"rows": "3", "old": "1"})
    cloud.sagemaker.update_artifact(ArtifactArn=arn, Properties={"rows": "4"}, PropertiesToRemove=["old"])
    described = cloud.sagemaker.describe_artifact(ArtifactArn=arn)
    assert (described["ArtifactName"], described["Source"]) == ("data", {"SourceUri": uri})
    assert described["Properties"] == {"rows": "4"}
    found = cloud.sagemaker.list_artifacts(SourceUri=uri, ArtifactType="DataSet")["ArtifactSummaries"]
    assert [each["ArtifactArn"] for each in found] == [arn]
    assert cloud.sagemaker.list_artifacts(SourceUri=uri, ArtifactType="Model")["ArtifactSummaries"] == []
    assert cloud.sagemaker.delete_artifact(Source={"SourceUri": uri})["ArtifactArn"] == arn
    assert refused(lambda: cloud.sagemaker.describe_artifact(ArtifactArn=arn))[0] == "ResourceNotFound"


def test_actions_and_contexts_are_kept(cloud: Cloud, name: str) -> None:
    made = action(cloud, name)
    cloud.sagemaker.update_action(ActionName=name, Status="Completed", Properties={"by": "me"})
    described = cloud.sagemaker.describe_action(ActionName=name)
    assert (described["ActionArn"], described["Status"], described["Properties"]) == (made, "Completed", {"by": "me"})
    made = context(cloud, name)
    cloud.sagemaker.update_context(ContextName=name, Description="which")
    described = cloud.sagemaker.describe_context(ContextName=name)
    assert (described["ContextArn"], described["Description"]) == (made, "which")
    listed = cloud.sagemaker.list_contexts(ContextType="Endpoint", SourceUri=f"s3://tests/{name}")["ContextSummaries"]
    assert [each["ContextName"] for each in listed] == [name]


def test_associations_are_listed_by_either_end(cloud: Cloud, name: str) -> None:
    data, model = artifact(cloud, f"s3://tests/{name}/d"), artifact(cloud, f"s3://tests/{name}/m", "Model")
    cloud.sagemaker.add_association(SourceArn=data, DestinationArn=model, AssociationType="DerivedFrom")
    for end in ({"SourceArn": data}, {"DestinationArn": model}):
        [found] = cloud.sagemaker.list_associations(**end)["AssociationSummaries"]
        assert (found["SourceArn"], found["DestinationArn"]) == (data, model)
        assert (found["SourceType"], found["DestinationType"]) == ("DataSet", "Model")
        assert found["AssociationType"] == "DerivedFrom"
    assert cloud.sagemaker.list_associations(SourceArn=model)["AssociationSummaries"] == []
    cloud.sagemaker.delete_association(SourceArn=data, DestinationArn=model)
    assert cloud.sagemaker.list_associations(SourceArn=data)["AssociationSummaries"] == []
    assert refused(lambda: cloud.sagemaker.delete_association(SourceArn=data, DestinationArn=model))[0] == (
        "ResourceNotFound"
    )


def test_an_association_has_two_ends_that_are_there(cloud: Cloud, name: str) -> None:
    data = artifact(cloud, f"s3://tests/{name}")
    absent = data.rpartition("/")[0] + "/0123"
    assert refused(lambda: cloud.sagemaker.add_association(SourceArn=data, DestinationArn=absent)) == (
        "ResourceNotFound",
        f"{absent} does not exist.",
    )


def test_associations_come_in_pages(cloud: Cloud, name: str) -> None:
    data = artifact(cloud, f"s3://tests/{name}")
    models = [artifact(cloud, f"s3://tests/{name}/{number}", "Model") for number in range(5)]
    for model in models:
        cloud.sagemaker.add_association(SourceArn=data, DestinationArn=model)
    pages = cloud.sagemaker.get_paginator("list_associations").paginate(
        SourceArn=data, SortOrder="Ascending", PaginationConfig={"PageSize": 2}
    )
    found = [[each["DestinationArn"] for each in page["AssociationSummaries"]] for page in pages]
    assert found == [models[:2], models[2:4], models[4:]]


def test_lineage_is_followed_in_both_directions(cloud: Cloud, name: str) -> None:
    data, model = artifact(cloud, f"s3://tests/{name}/d"), artifact(cloud, f"s3://tests/{name}/m", "Model")
    deploy, endpoint = action(cloud, name), context(cloud, name)
    for source, destination in ((data, model), (model, deploy), (deploy, endpoint)):
        cloud.sagemaker.add_association(SourceArn=source, DestinationArn=destination)

    def vertices(**query: Any) -> set[str]:
        return {each["Arn"] for each in cloud.sagemaker.query_lineage(StartArns=[model], **query)["Vertices"]}

    assert vertices(Direction="Both") == {data, model, deploy, endpoint}
    assert vertices(Direction="Descendants") == {model, deploy, endpoint}
    assert vertices(Direction="Ascendants") == {data, model}
    assert vertices(Direction="Both", MaxDepth=1) == {data, model, deploy}
    assert vertices(Direction="Both", Filters={"LineageTypes": ["Context"]}) == {endpoint}
    assert vertices(Direction="Both", Filters={"Types": ["DataSet"]}) == {data}
    edges = cloud.sagemaker.query_lineage(StartArns=[data], Direction="Descendants", IncludeEdges=True)["Edges"]
    assert {(edge["SourceArn"], edge["DestinationArn"]) for edge in edges} == {
        (data, model),
        (model, deploy),
        (deploy, endpoint),
    }
    assert "Edges" not in cloud.sagemaker.query_lineage(StartArns=[data], IncludeEdges=False)
