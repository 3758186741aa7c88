"""What scripts for several machines call; here is one, which trains as the master of none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


def wait_hostname_resolution(sm_hosts: Sequence[str]) -> None:
    """Return at once: the one machine is here.

    Raises
    ------
    NotImplementedError
        If there are several.
    """
    _refuse_several(sm_hosts)


def rabit_run(
    exec_fun: Callable[..., Any],
    args: Mapping[str, Any],
    include_in_training: bool,
    hosts: Sequence[str],
    current_host: str,
    first_port: int | None = None,
    second_port: int | None = None,
    max_connect_attempts: int | None = None,
    connect_retry_timeout: int = 3,
    update_rabit_args: bool = False,
) -> None:
    """Train on this machine; `update_rabit_args` says whether the function wants to know that it is the master.

    Raises
    ------
    NotImplementedError
        If there are several machines.
    """
    _refuse_several(hosts)
    if include_in_training:
        exec_fun(**{**args, "is_master": True} if update_rabit_args else args)


def _refuse_several(hosts: Sequence[str]) -> None:
    if len(hosts) != 1:
        raise NotImplementedError(f"the local runtime trains on one machine, not on {', '.join(hosts)}")
