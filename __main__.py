"""StratMaster's environment: reads the settings of this stack and builds the stack of its role."""

import settings
from stacks import foundation, slot, traffic

match settings.load():
    case settings.FoundationSettings() as found:
        foundation.build(found)
    case settings.SlotSettings() as found:
        slot.build(found)
    case settings.TrafficSettings() as found:
        traffic.build(found)
