"""The access-server side of the portal: what stands in a branch and opens the network.

UAM server, RADIUS client and dynamic-authorization server are shared by every access
server made here; `sim` builds simulated branches of them. `portal.radius` is the codec,
`portal.radiusd` the other end of these wires.
"""
