"""`python -m runbook <command>`."""

import sys

from runbook.cli import main

sys.exit(main())
