# SPDX-License-Identifier: Apache-2.0
import atexit
import os
import shutil
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), 'e2e')]

# Compiled rules of the tests stay out of the user's own folder, and are compiled once.
if 'XDG_CACHE_HOME' not in os.environ:
    os.environ['XDG_CACHE_HOME'] = tempfile.mkdtemp(prefix='gantry-cache-')
    atexit.register(shutil.rmtree, os.environ['XDG_CACHE_HOME'], ignore_errors=True)


def pytest_configure(config):
    config.addinivalue_line('markers', 'peers: needs large servers or clients; tests/run peers runs it, tests/run does not')
