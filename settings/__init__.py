"""Every config key of every stack, typed and checked before anything else happens.

Imports nothing of ours, so that tools beside the program (`runbook/`) can read a stack's settings as the program does.
"""

from settings.foundation import FoundationSettings
from settings.loading import Settings, load, parse
from settings.problems import Problem, SettingsError, refuse
from settings.slot import SlotSettings
from settings.traffic import TrafficSettings

__all__ = [
    "FoundationSettings",
    "Problem",
    "Settings",
    "SettingsError",
    "SlotSettings",
    "TrafficSettings",
    "load",
    "parse",
    "refuse",
]
