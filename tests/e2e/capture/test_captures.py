# SPDX-License-Identifier: Apache-2.0
"""Public captures beside the repository: the transfers that others have found in them must be found here too."""
import os
import re
import subprocess
import sys

import lab as net
import pytest

SHARED = os.path.join(os.path.dirname(net.ROOT), 'shared', 'captures')

# The digest in these rows is of the body before its content coding was undone; Gantry reports the decoded file.
ENCODED = {'arkime__http-xff.pcap', 'arkime__http-syn-ack.pcap'}


@pytest.mark.skipif(not os.path.exists(os.path.join(SHARED, 'score.py')), reason='no public captures beside the repository')
@pytest.mark.parametrize('tier', ['A', 'C'])
def test_every_http_and_ftp_row_is_found(tier):
    out = subprocess.run([sys.executable, os.path.join(SHARED, 'score.py'), net.GANTRY, '--tier', tier, '-v'],
                         capture_output=True, text=True, timeout=300)
    rows = re.findall(r'^not found: (\S+) (\S+) (\S+)', out.stdout, re.M)
    missed = [r for r in rows if r[1].split('/')[0] in ('HTTP', 'FTP_DATA') and r[0] not in ENCODED]
    assert missed == []
    assert 'captures that failed to run: 0' in out.stdout, out.stderr
    assert re.search(r'protocol +HTTP +\d+ of +\d+', out.stdout)
