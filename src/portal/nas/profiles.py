"""Every access-server profile by the name that the estate stores."""

from collections.abc import Mapping

from portal.nas.coovachilli import CoovaChilli
from portal.nas.gateway import Gateway
from portal.service.ports import NasProfile


def profiles() -> Mapping[str, NasProfile]:
    known: list[NasProfile] = [CoovaChilli(), Gateway()]
    return {profile.name: profile for profile in known}
