"""StratMaster's environment: reads the settings of this stack and builds the stack of its role."""

import signal

import settings

# Pulumi interrupts a program whose run has failed. Ending at once keeps Python's own traceback from under the error.
signal.signal(signal.SIGINT, signal.SIG_DFL)

# Each stack imports what it is made of and no more: that of all three takes as long again as a small stack's preview.
match settings.load():
    case settings.FoundationSettings() as found:
        from stacks import foundation

        foundation.build(found)
    case settings.SlotSettings() as found:
        from stacks import slot

        slot.build(found)
    case settings.TrafficSettings() as found:
        from stacks import traffic

        traffic.build(found)
