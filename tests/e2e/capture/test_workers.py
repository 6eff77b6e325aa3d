# SPDX-License-Identifier: Apache-2.0
"""However many workers share the traffic, they find the same; what decides which of them a packet goes to."""
import json
import os

import lab as net
import material
import pytest
import recording
from test_ftp import ftp, lftp, place  # noqa: F401
from test_http import PORT, server, url  # noqa: F401

IDS = {'id', 'parent', 'boot', 'sequence', '@timestamp'}
ESTIMATES = {'distinct_plates'}
# One address of each destination that alerts: the first of several to be heard of depends on the workers.
PLACES = [net.APPROVED, net.UNAPPROVED, net.UNKNOWN, net.APPROVED6, net.UNKNOWN6]


def plain(thing):
    """Without ids, sequence numbers and the times of messages, which tell how work was shared out, and without what each run
    makes anew: its own id, and estimates, whose key is random."""
    if isinstance(thing, dict):
        return {k: plain(v) for k, v in thing.items() if k not in IDS | ESTIMATES}
    return [plain(v) for v in thing] if isinstance(thing, list) else thing


def found(tmp_path, path, *words):
    records = recording.gantry(tmp_path, '-r', path, *words)
    shown = [plain(r) for r in records if r['event']['action'] in ('alert', 'transfer')]
    return sorted(json.dumps(r, sort_keys=True) for r in shown), recording.counters(records)


@pytest.fixture(scope='module')
def mixed(lab, ftp, server, tmp_path_factory):  # noqa: F811
    """FTP and HTTP to five addresses, at the same time: (capture, files that moved)."""
    folder = tmp_path_factory.mktemp('mixed')
    wanted, clients = [], []
    with recording.Recording(lab, folder / 'mixed.pcapng', pcapng=True) as r:
        for n, address in enumerate(PLACES):
            for kind in ('ftp', 'http'):
                images = [material.lane_image(1000 + 10 * n + i + (5 if kind == 'ftp' else 0)) for i in range(3)]
                tables = [material.plate_csv(2000 + 10 * n + (5 if kind == 'ftp' else 0))]
                wanted += images + tables
                names = []
                for i, data in enumerate(images + tables):
                    names.append(folder / f'{kind}{n}-{i}.{"jpg" if i < 3 else "csv"}')
                    names[-1].write_bytes(data)
                if kind == 'ftp':
                    puts = '; '.join(f'put {p}' for p in names)
                    words = ['lftp', '-c', f'set ftp:ssl-allow no; set net:timeout 20; open {place(address)}; {puts}']
                else:
                    words = ['curl', '-sS', '-m', '60']
                    for p in names:
                        words += ['-o', '/dev/null', '-T', str(p), url(address, f'/{p.name}')]
                clients.append(lab.start('lane', *words))
        assert [c.wait(90) for c in clients] == [0] * len(clients)
    return r.path, wanted


def test_one_worker_finds_everything(mixed, tmp_path):
    path, wanted = mixed
    one, _ = found(tmp_path, path)
    records = [json.loads(r) for r in one]
    hashes = sorted(r['file']['hash']['sha256'] for r in recording.transfers(records))
    assert hashes == sorted(map(material.sha256, wanted))
    assert {a['destination']['ip'] for a in recording.alerts(records)} == set(PLACES) - {net.APPROVED, net.APPROVED6}


@pytest.mark.parametrize('workers', ['2', '4'])
def test_more_workers_find_the_same_as_one(mixed, tmp_path, workers):
    path, _ = mixed
    one, counted = found(tmp_path, path)
    more, counted_more = found(tmp_path, path, '-w', workers)
    assert more == one
    assert counted['protocol']['transfers'] == counted_more['protocol']['transfers']
    assert counted['content']['objects'] == counted_more['content']['objects']
    assert counted['capture']['packets'] == counted_more['capture']['packets']


def uploads_of_one_pair(lab, folder, work, split, ports):
    """Uploads from one host to another, at the same time and from these ports, watched live by two workers: packets that
    each worker saw. All uploads are whole and in one incident, whichever worker found them."""
    wanted, clients = [], []
    with net.Sensor(lab, folder, more=f'capture: {{split: {split}}}\n',
                    options=['-w', '2', '-f', f'tcp port {PORT}']) as sensor:
        for port in ports:
            data = material.lane_image(port, 1280, 960)
            path = os.path.join(work, f'{port}.jpg')
            with open(path, 'wb') as f:
                f.write(data)
            wanted.append((port, material.sha256(data)))
            clients.append(lab.start('lane', 'curl', '-sS', '-m', '30', '--limit-rate', '100k', '--local-port', str(port),
                                     '-o', '/dev/null', '-T', path, url(net.UNAPPROVED, '/in/')))
        assert [c.wait(40) for c in clients] == [0] * len(clients)
        for _, digest in wanted:
            sensor.wait_transfer(digest)
        workers = sensor.ask('status', '--json')['workers']
        incidents = sensor.ask('incidents', '--json')['incidents']
    transfers = sensor.transfers()
    assert sorted((t['source']['port'], t['file']['hash']['sha256']) for t in transfers) == wanted
    assert all(t['gantry']['transfer'] == {'complete': True, 'missing_bytes': 0} for t in transfers)
    assert [(i['source'], i['destination'], i['verdict'], i['class'], i['objects']) for i in incidents] == [
        (net.LANE, net.UNAPPROVED, 'unapproved', 'vehicle-image', len(ports))]
    assert [(a['gantry']['incident']['state'], a['gantry']['incident']['objects']) for a in sensor.alerts()] == [
        ('opened', 1), ('grown', 10)]
    return [w['packets'] for w in workers]


def test_split_by_ports_spreads_the_uploads_of_one_pair_of_hosts_over_the_workers(lab, server, tmp_path, work):  # noqa: F811
    packets = uploads_of_one_pair(lab, tmp_path, work, 'ports', range(21001, 21017))
    assert len(packets) == 2 and min(packets) > sum(packets) / 8, packets


def test_split_by_addresses_keeps_one_pair_of_hosts_in_one_worker(lab, server, tmp_path, work):  # noqa: F811
    packets = uploads_of_one_pair(lab, tmp_path, work, 'addresses', range(22001, 22017))
    assert len(packets) == 2 and min(packets) == 0 < max(packets), packets
