"""StratMaster's environment: reads the settings of this stack and builds the stack of its role."""

import signal

import settings
from stacks import foundation, slot, traffic

# Pulumi interrupts a program whose run has failed. Ending at once keeps Python's own traceback from under the error.
signal.signal(signal.SIGINT, signal.SIG_DFL)

match settings.load():
    case settings.FoundationSettings() as found:
        foundation.build(found)
    case settings.SlotSettings() as found:
        slot.build(found)
    case settings.TrafficSettings() as found:
        traffic.build(found)
