"""Tags of resources: AddTags, ListTags, DeleteTags, and the tags that come with a Create request."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

from local_sagemaker.database import Database
from local_sagemaker.errors import AwsError
from local_sagemaker.protocol.json_service import Handler
from local_sagemaker.sagemaker.resources.answering import Answered
from local_sagemaker.sagemaker.resources.refusals import invalid

SCHEMA = """
CREATE TABLE IF NOT EXISTS sagemaker_tags (
    arn TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (arn, key)
) WITHOUT ROWID;
"""

_MOST = 50
"""Tags that one resource can have (the length limit of `TagList`)."""


class Tags:
    """The tags of every resource, by ARN.

    Parameters
    ----------
    database : Database
        The durable store; its schema includes `SCHEMA`.
    exists : callable
        Tells if the resource of an ARN is there.
    """

    answered: ClassVar[Answered] = Answered.KEPT

    def __init__(self, database: Database, exists: Callable[[str], bool]) -> None:
        self._database = database
        self._exists = exists

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """The operations by their API names."""
        return {"AddTags": self.add_tags, "DeleteTags": self.delete_tags, "ListTags": self.list_tags}

    def set(self, arn: str, tags: Iterable[Mapping[str, str]]) -> None:
        """Give tags to a resource, over those of the same key.

        Raises
        ------
        AwsError
            `ResourceLimitExceeded` if it would have more than 50.
        """
        with self._database.write() as connection:
            rows = [(arn, tag["Key"], tag["Value"]) for tag in tags]
            connection.executemany("REPLACE INTO sagemaker_tags VALUES (?, ?, ?)", rows)
            (count,) = connection.execute("SELECT count(*) FROM sagemaker_tags WHERE arn = ?", (arn,)).fetchone()
            if count > _MOST:
                raise AwsError("ResourceLimitExceeded", f"A resource can have at most {_MOST} tags.")

    def of(self, arn: str) -> list[dict[str, str]]:
        """Read a resource's tags, by key."""
        sql = "SELECT key, value FROM sagemaker_tags WHERE arn = ? ORDER BY key"
        with self._database.read() as connection:
            return [{"Key": row["key"], "Value": row["value"]} for row in connection.execute(sql, (arn,))]

    def forget(self, arn: str) -> None:
        """Drop the tags of a resource that is gone."""
        with self._database.write() as connection:
            connection.execute("DELETE FROM sagemaker_tags WHERE arn = ?", (arn,))

    def add_tags(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Answer AddTags."""
        with self._database.write():  # one step, or a resource that is deleted meanwhile leaves tags to its namesake
            arn = self._known(parameters)
            self.set(arn, parameters["Tags"])
            return {"Tags": self.of(arn)}

    def list_tags(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Answer ListTags; a resource's tags always fit one page, which is why no token can be ours."""
        if parameters.get("NextToken"):
            raise invalid(f'Invalid pagination token because "{parameters["NextToken"]}" was not given by this list.')
        return {"Tags": self.of(self._known(parameters))}

    def delete_tags(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Answer DeleteTags."""
        arn = self._known(parameters)
        with self._database.write() as connection:
            keys = [(arn, key) for key in parameters["TagKeys"]]
            connection.executemany("DELETE FROM sagemaker_tags WHERE arn = ? AND key = ?", keys)
        return {}

    def _known(self, parameters: Mapping[str, Any]) -> str:
        arn: str = parameters["ResourceArn"]
        if not self._exists(arn):
            raise invalid(f"The resource {arn} does not exist.")
        return arn
