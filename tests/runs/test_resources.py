import os
import subprocess
import sys

import pytest

# How often eight blocks of 1 MiB, a hundred times taken and freed, come from new pages.
COUNT_NEW_PAGES = """
import resource
import numpy as np
from pdefilter.runs.resources import keep_freed_memory

keep_freed_memory()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(100):
    [np.ones(1 << 20, np.uint8) for _ in range(8)]
new = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
print(new * resource.getpagesize() / (8 << 20))
"""


@pytest.mark.skipif(
    "CS_GNU_LIBC_VERSION" not in getattr(os, "confstr_names", ()), reason="not of the GNU C library"
)
def test_freed_memory_is_kept_for_the_next_image():
    command = [sys.executable, "-c", COUNT_NEW_PAGES]
    counted = subprocess.run(command, capture_output=True, check=True)
    assert float(counted.stdout) < 2
