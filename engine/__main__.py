"""`python -m engine` is ./ringmaster in an environment that exists already (the container's)."""

import sys

from engine.cli import main

sys.exit(main())
