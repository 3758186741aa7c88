"""The members of the requests about lineage."""

from __future__ import annotations

from collections.abc import Mapping

from local_sagemaker.protocol.members import Members, below

_DESCRIBED = "it is kept and described"
_TAGS = "Tags.Key Tags.Value"
_LIST = "SortBy SortOrder NextToken MaxResults CreatedAfter CreatedBefore SourceUri"
_SOURCE = "Source.SourceUri"
_SOURCE_OF = {below("Source", "SourceType SourceId"): _DESCRIBED}
_SOURCE_TYPES = {below("Source.SourceTypes", "SourceIdType Value"): _DESCRIBED}
_METADATA = {below("MetadataProperties", "CommitId Repository GeneratedBy ProjectId"): _DESCRIBED}

LINEAGE: Mapping[str, Members] = {
    "AddAssociation": Members("SourceArn DestinationArn AssociationType"),
    "CreateAction": Members(
        f"ActionName ActionType Description Status Properties {_SOURCE} {_TAGS}", {**_SOURCE_OF, **_METADATA}
    ),
    "CreateArtifact": Members(
        f"ArtifactName ArtifactType Properties {_SOURCE} {_TAGS}", {**_SOURCE_TYPES, **_METADATA}
    ),
    "CreateContext": Members(f"ContextName ContextType Description Properties {_SOURCE} {_TAGS}", _SOURCE_OF),
    "DeleteAction": Members("ActionName"),
    "DeleteArtifact": Members(
        f"ArtifactArn {_SOURCE}",
        {below("Source.SourceTypes", "SourceIdType Value"): "the source is found by its URI"},
    ),
    "DeleteAssociation": Members("SourceArn DestinationArn"),
    "DeleteContext": Members("ContextName"),
    "DescribeAction": Members("ActionName"),
    "DescribeArtifact": Members("ArtifactArn"),
    "DescribeContext": Members("ContextName"),
    "ListActions": Members(f"{_LIST} ActionType"),
    "ListArtifacts": Members(f"{_LIST} ArtifactType"),
    "ListAssociations": Members(
        "SortBy SortOrder NextToken MaxResults CreatedAfter CreatedBefore SourceArn DestinationArn SourceType "
        "DestinationType AssociationType"
    ),
    "ListContexts": Members(f"{_LIST} ContextType"),
    "QueryLineage": Members(
        "StartArns Direction IncludeEdges Filters.Types Filters.LineageTypes MaxDepth MaxResults NextToken"
    ),
    "UpdateAction": Members("ActionName Description Status Properties PropertiesToRemove"),
    "UpdateArtifact": Members("ArtifactArn ArtifactName Properties PropertiesToRemove"),
    "UpdateContext": Members("ContextName Description Properties PropertiesToRemove"),
}
