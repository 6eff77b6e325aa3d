# SPDX-License-Identifier: Apache-2.0
"""A port only breaks ties: HTTP is read on the ports of other protocols, however it begins."""
import os

import lab as net
import packets
import pytest
from test_clients import curl, judge

PORTS = [21, 22, 25, 53, 443, 1080, 3306, 5060]


@pytest.fixture(scope='module')
def stores(lab):
    started = [lab.start('outside', '/usr/bin/python3', f'{net.HERE}/upload_store.py', str(port)) for port in PORTS]
    for port in PORTS:
        lab.wait_port('outside', '', port)
    yield
    for process in started:
        lab.stop(process)


@pytest.mark.parametrize('honest', [False, True], ids=['picture', 'noise'])
@pytest.mark.parametrize('port', PORTS)
def test_http_on_the_port_of_something_else(lab, stores, watch, picture, port, honest):
    path, data, stranger = picture
    if honest:
        path, data = os.path.join(os.path.dirname(path), 'notes.bin'), packets.noise(stranger, 20000)
        with open(path, 'wb') as f:
            f.write(data)
    lab.run('lane', *curl('-T', path, f'http://{stranger}:{port}/in/'))
    judge(watch, data, stranger, honest)
