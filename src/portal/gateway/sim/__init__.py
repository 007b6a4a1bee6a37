"""Simulated branches: access servers without a network, for demo and tests.

Honest at every wire: each branch speaks RADIUS and dynamic authorization from a
loopback address of its own, each of its devices has a UAM address of its own. A browser
that opens that address *is* the device, since all browsers here come from 127.0.0.1.
"""

from portal.gateway.sim.options import (
    BadOptionError,
    BranchOptions,
    SimOptions,
    branch_options,
    parse_branch,
    sim_options,
)
from portal.gateway.sim.simulator import Simulator, run

__all__ = [
    "BadOptionError",
    "BranchOptions",
    "SimOptions",
    "Simulator",
    "branch_options",
    "parse_branch",
    "run",
    "sim_options",
]
