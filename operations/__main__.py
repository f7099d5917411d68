"""`python -m operations <command>`."""

import sys

from operations.cli import main

sys.exit(main())
