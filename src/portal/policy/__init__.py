"""Pure decisions: who may be online, for how long, how use is split over days.

Time comes in as an argument; nothing is read and nothing is stored.
"""
