"""Keeps web pages out: a browser may reach 127.0.0.1, and what a page sends must not reach people's models."""

from __future__ import annotations

from collections.abc import Mapping

from local_sagemaker.errors import AwsError


class OriginCheck:
    """Lets requests through that were meant for this very server.

    A page that resolves its own name to 127.0.0.1 (DNS rebinding) is known by `Host`; one that posts to us by
    `Origin`; one that merely links to us by `Sec-Fetch-Site`, which all current browsers send.
    """

    def __init__(self, port: int) -> None:
        self._hosts = frozenset({f"127.0.0.1:{port}", f"localhost:{port}"})
        self._origins = frozenset(f"http://{host}" for host in self._hosts)

    def check(self, headers: Mapping[str, str]) -> None:
        """Look at a request's headers (names in lower case).

        Raises
        ------
        AwsError
            `AccessDenied`, status 403.
        """
        host = headers.get("host", "")
        if host not in self._hosts:
            raise _refusal(f"Host {host!r}", "use the URL that `local-sagemaker env` prints")
        origin = headers.get("origin")
        if origin is not None and origin not in self._origins:
            raise _refusal(f"Origin {origin!r}", "web pages may not use it")
        if headers.get("sec-fetch-site") in ("cross-site", "same-site"):
            raise _refusal("another site", "web pages may not use it")


def _refusal(what: str, advice: str) -> AwsError:
    return AwsError("AccessDenied", f"The local SageMaker does not answer requests of {what}: {advice}.", 403)
