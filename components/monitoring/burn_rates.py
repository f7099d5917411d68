"""When an objective's budget burns too fast: several windows, several rates.

The budget of an objective is what it allows to go wrong over 30 days. Burning it at rate 1 uses it up in just that
time. An alert wants two windows: the long one shows that the loss is real, the short one that it is going on, so the
alert ends soon after the trouble does (the multi-window alerts of Google's SRE Workbook, chapter 5; rates and windows
are issue 6's).
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from components.monitoring.rules import Severity
from settings.monitoring import FASTEST_BURN

PERIOD: Final = "30d"


@dataclass(frozen=True, kw_only=True)
class BurnRate:
    """One row.

    Attributes:
        factor: how many times faster than allowed.
        long: the window that shows it is real.
        short: the window that shows it is going on.
        severity: page or ticket.
        wait: how long both have to say so.
        name: the alert's suffix.
        lost: what part of the 30 days' budget is lost when the long window is full of it, for a person to read.
    """

    factor: Decimal
    long: str
    short: str
    severity: Severity
    wait: str
    name: str
    lost: str


BURN_RATES: Final = (
    BurnRate(
        factor=FASTEST_BURN, long="1h", short="5m", severity="page", wait="2m", name="Burn14x", lost="2 % in an hour"
    ),
    BurnRate(
        factor=Decimal(6), long="6h", short="30m", severity="page", wait="5m", name="Burn6x", lost="5 % in six hours"
    ),
    BurnRate(
        factor=Decimal(3), long="1d", short="2h", severity="ticket", wait="15m", name="Burn3x", lost="10 % in a day"
    ),
    BurnRate(
        factor=Decimal(1), long="3d", short="6h", severity="ticket", wait="30m", name="Burn1x", lost="10 % in 3 days"
    ),
)
WINDOWS: Final = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")
"""Every window of a row, each recorded once."""
