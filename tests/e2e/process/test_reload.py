# SPDX-License-Identifier: Apache-2.0
"""SIGHUP: the configuration is loaded again, under traffic, and nothing is lost by it."""
import json
import os
import re
import signal
import statistics
import time

import lab as net
import material
import pytest
from test_crashes import EVENTS, counters, make, notices, upload
from test_delivery import RELP, TLS, Receiver, keys  # noqa: F401
from test_http import curl, server, url  # noqa: F401

OVER = 'from: 2020-01-01, until: 2020-12-31, classes: [image, vehicle-image]'
IN_FORCE = OVER.replace('2020-12-31', '2099-12-31')


def change(sensor, *pairs):
    """Replaces text in the configuration file."""
    text = open(sensor.config).read()
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new)
    with open(sensor.config, 'w') as f:
        f.write(text)


def log(sensor):
    return open(sensor.log).read()


def answers(sensor):
    """(version, whether anything was changed) of each reload, from the log."""
    done = r'reload: version (\d+) of the configuration holds|nothing was changed: version (\d+)'
    return [(int(m[1] or m[2]), bool(m[1])) for m in re.finditer(done, log(sensor))]


def reload(sensor, seconds=20):
    """Asks for a reload and waits for its answer: (version, changed)."""
    before = len(answers(sensor))
    sensor.process.send_signal(signal.SIGHUP)
    net.wait_for(lambda: len(answers(sensor)) > before, seconds, 'the answer')
    time.sleep(0.3)  # an idle worker looks ten times a second
    return answers(sensor)[-1]


def test_a_contract_that_is_extended_approves_from_then_on(lab, server, tmp_path, work):  # noqa: F811
    with net.Sensor(lab, tmp_path, events=EVENTS) as sensor:
        before = upload(lab, sensor, work, 500)
        change(sensor, (OVER, IN_FORCE))
        assert reload(sensor) == (2, True)
        after = upload(lab, sensor, work, 501)
    assert before['gantry']['verdict'] == 'unapproved' and after['gantry']['verdict'] == 'approved'
    assert after['gantry']['contract'] == 'PS-9'


def slow_upload(lab, work, seed, address, seconds=5):
    """(curl that takes about so long, digest)"""
    path, _ = make(work, seed)
    with open(path, 'ab') as f:
        f.write(os.urandom(200_000))
    data = open(path, 'rb').read()
    rate = str(len(data) // seconds)
    return lab.start('lane', 'curl', '-sS', '--fail', '--limit-rate', rate, '-o', '/dev/null', '-T', path,
                     url(address, '/in/')), material.sha256(data)


def test_an_upload_under_way_finishes_under_the_old_contract_and_the_next_has_the_new(lab, server, tmp_path, work):
    with net.Sensor(lab, tmp_path, events=EVENTS) as sensor:
        client, slow = slow_upload(lab, work, 510, net.UNAPPROVED)
        time.sleep(1.5)
        change(sensor, (OVER, IN_FORCE))
        assert reload(sensor) == (2, True)
        quick = upload(lab, sensor, work, 511)
        assert client.poll() is None, 'the slow one is still on its way'
        assert client.wait(30) == 0
        old = sensor.wait_transfer(slow)
    assert quick['gantry']['verdict'] == 'approved'
    assert old['gantry']['verdict'] == 'unapproved'
    assert old['gantry']['transfer'] == {'complete': True, 'missing_bytes': 0}
    c = counters(sensor)
    assert c['reload.done'] == 1 and c.get('reload.flows_cut', 0) == 0


def test_the_next_transfer_on_a_connection_that_stays_has_the_new_contract(lab, server, tmp_path, work):
    go = tmp_path / 'go'
    first, second = make(work, 512), make(work, 513)
    with net.Sensor(lab, tmp_path, events=EVENTS) as sensor:
        client = lab.start('lane', '/usr/bin/python3', '-c', f'''
import http.client, os, time
c = http.client.HTTPConnection("{net.UNAPPROVED}", 8080)
for path in ("{first[0]}", "{second[0]}"):
    c.request("PUT", "/in/" + os.path.basename(path), open(path, "rb").read())
    assert c.getresponse().read() is not None
    while not os.path.exists("{go}"): time.sleep(0.05)
''')
        before = sensor.wait_transfer(first[1])
        change(sensor, (OVER, IN_FORCE))
        assert reload(sensor) == (2, True)
        go.write_text('')
        after = sensor.wait_transfer(second[1])
        assert client.wait(10) == 0
    assert before['source']['port'] == after['source']['port'], 'one connection'
    assert [t['gantry']['verdict'] for t in (before, after)] == ['unapproved', 'approved']


RULE = '''
identifiers: [{{id: mark, pattern: '{mark}'}}]
rules:
  - {{id: {mark}, name: Marked, class: plate-record, severity: 5, scopes: [text], any: [mark],
     examples: [{{text: "{mark}"}}], counterexamples: [{{text: "nothing"}}]}}
'''


def test_rules_and_outputs_change_without_a_restart(lab, server, tmp_path, work):
    rules, out = tmp_path / 'rules', tmp_path / 'out'
    rules.mkdir()
    out.mkdir()
    out.chmod(0o777)  # below the folder of an output that was there at the start
    (rules / 'mine.yaml').write_text(RULE.format(mark='alpha'))
    sensor = net.Sensor(lab, tmp_path, events=EVENTS)
    change(sensor, (f'rules: [{net.TREE}/rules]', f'rules: [{rules}]'))

    def send(name):
        path = os.path.join(work, name)
        with open(path, 'w') as f:
            f.write(f'{name}: alpha and omega\n')
        curl(lab, '-T', path, url(net.UNKNOWN, '/in/'))
        return sensor.wait_transfer(material.sha256(open(path, 'rb').read()))

    with sensor:
        pids = sensor.children()
        assert send('one.txt')['gantry']['rules'] == ['alpha']
        (rules / 'mine.yaml').write_text(RULE.format(mark='omega'))
        change(sensor, ('outputs: []', f'outputs: [{{format: json, to: "file:{out}/more.json", records: [transfer]}}]'))
        assert reload(sensor) == (2, True)
        assert send('two.txt')['gantry']['rules'] == ['omega']
        change(sensor, (f'outputs: [{{format: json, to: "file:{out}/more.json", records: [transfer]}}]', 'outputs: []'))
        assert reload(sensor) == (3, True)
        send('three.txt')
        assert sensor.children()['worker'] == pids['worker'], 'the workers are the same'
    more = [json.loads(line) for line in open(out / 'more.json')]
    assert [r['file']['name'] for r in more] == ['two.txt'], 'what came while it was configured'


def line_of(sensor, words):
    return next(n for n, line in enumerate(open(sensor.config), 1) if words in line)


def bad_syntax(sensor):
    change(sensor, ('internal-networks:', 'internal-netwroks:'))
    return line_of(sensor, 'netwroks'), 'did you mean internal-networks'


def bad_contract(sensor):
    change(sensor, ('until: 2020-12-31', 'until: 2020-13-31'))
    return line_of(sensor, '2020-13-31'), 'until'


def closed_folder(sensor):
    change(sensor, ('outputs: []', 'outputs:\n  - {format: json, to: "file:/var/tmp/alerts.json"}'))
    return line_of(sensor, 'alerts.json'), 'cannot open /var/tmp/alerts.json'


def not_readable(sensor):
    os.chmod(sensor.config, 0o600)
    return None, 'cannot be read'


@pytest.mark.parametrize('spoil', [bad_syntax, bad_contract, closed_folder, not_readable])
def test_a_bad_configuration_changes_nothing_and_says_file_and_line(lab, server, tmp_path, work, spoil):
    with net.Sensor(lab, tmp_path, events=EVENTS) as sensor:
        before = sensor.children()
        line, words = spoil(sensor)
        assert reload(sensor) == (1, False)
        where = f'{sensor.config}:{line}: error: ' if line else f'{sensor.config}: error: '
        said = next(text for text in log(sensor).splitlines() if where in text)
        assert words in said
        told = net.wait_for(lambda: notices(sensor, 'reload-failed'), 5, 'the notice')
        assert where in told[0]['rule']['name'] and len(told) == 1
        assert upload(lab, sensor, work, 520)['gantry']['verdict'] == 'unapproved'
        assert sensor.children() == before, 'nobody was started again'
    c = counters(sensor)
    assert c['reload.failed'] == 1 and c.get('reload.done', 0) == 0


def test_what_needs_a_restart_is_named_with_its_line_and_the_rest_takes_effect(lab, server, tmp_path, work):
    with net.Sensor(lab, tmp_path, events=EVENTS) as sensor:
        workers = sensor.children()['worker']
        change(sensor, ('memory: 512 MiB}', 'memory: 600 MiB, workers: 1}\ncapture: {ring: 64 MiB}\n'
                        'limits:\n  content: {depth-max: 4}\nsandbox: {seccomp: off}'),
               (OVER, IN_FORCE))
        assert reload(sensor) == (2, True)
        for key in ('sensor.memory', 'sensor.workers', 'capture.ring', 'limits.content.depth-max', 'sandbox.seccomp'):
            line = line_of(sensor, key.split('.')[-1] + ': ')
            assert f'{sensor.config}:{line}: warning: {key}: a change takes effect with the next start' in log(sensor)
        told = net.wait_for(lambda: notices(sensor, 'restart-needed'), 5, 'the notice')
        assert f"{sensor.config}:{line_of(sensor, 'workers: ')}: warning: sensor." in told[0]['rule']['name']
        assert upload(lab, sensor, work, 530)['gantry']['verdict'] == 'approved'
        assert sensor.children()['worker'] == workers
        change(sensor, ('memory: 600 MiB, workers: 1}\ncapture: {ring: 64 MiB}\nlimits:\n  content: {depth-max: 4}\n'
                        'sandbox: {seccomp: off}', 'memory: 512 MiB}'))
        assert reload(sensor) == (3, True)
    assert len(notices(sensor, 'restart-needed')) == 1, 'as it was at the start: nothing is waited for'


def networks(n):
    return ', '.join(f'{100 + i // 65536}.{i // 256 % 256}.{i % 256}.0/24' for i in range(n))


def test_a_configuration_that_takes_more_memory_than_there_is_changes_nothing(lab, server, tmp_path, work):
    """As much memory as a start needs to the MiB; then thousands of networks more, and a few."""
    partner = '  - {{name: Many, prefixes: [{}]}}\nrules: '
    sensor = net.Sensor(lab, tmp_path, events=EVENTS, options=['-w', '2'])
    change(sensor, ('memory: 512 MiB', 'memory: 64 MiB'))
    said = net.run(*sensor.words, '--check', check=False).stdout
    least = re.search(r'64 MiB is too little for 2 workers: .*; give (\d+) MiB', said)[1]
    change(sensor, ('memory: 64 MiB', f'memory: {least} MiB'))
    with sensor:
        change(sensor, ('rules: ', partner.format(networks(40000))), (OVER, IN_FORCE))
        assert reload(sensor) == (1, False)
        line = line_of(sensor, 'memory: ')
        wrong = f'{sensor.config}:{line}: error: sensor.memory: {least} MiB is too little for 2 workers: '
        assert wrong in log(sensor)
        assert upload(lab, sensor, work, 535)['gantry']['verdict'] == 'unapproved'
        said = net.run(*sensor.words, '--check', check=False).stdout
        assert wrong in said, 'a start says the same'
        change(sensor, (networks(40000), networks(40)))
        assert reload(sensor) == (2, True)
        assert upload(lab, sensor, work, 536)['gantry']['verdict'] == 'approved'


def test_incidents_go_on_with_their_ids_over_reloads_and_a_restart(lab, server, tmp_path, work):
    sensor = net.Sensor(lab, tmp_path, events=EVENTS)
    for start in range(2):
        with sensor:
            for i in range(6):
                upload(lab, sensor, work, 540 + 10 * start + i)
                if i % 2:
                    reload(sensor)
    told = [a['gantry']['incident'] for a in sensor.alerts() if a['gantry']['classes'] == ['vehicle-image']]
    assert [(i['state'], i['sequence'], i['objects']) for i in told] == [('opened', 1, 1), ('grown', 2, 10)]
    assert len({i['id'] for i in told}) == 1


RELOADS = 100
UPLOADS = '''
import random, subprocess, sys, time
paths, address, end = sys.argv[3:], sys.argv[1], sys.argv[2]
running = []
for path in paths:
    running.append(subprocess.Popen(["curl", "-sS", "--fail", "-m", "60", "--limit-rate", "300k", "-o", "/dev/null",
                                     "-T", path, f"http://{address}:8080/in/"]))
    while len(running) >= 4:
        running = [p for p in running if p.poll() is None or p.returncode and sys.exit(p.returncode)]
        time.sleep(0.02)
sys.exit(max([p.wait() for p in running], default=0))
'''


def received(lab):
    """Packets that came in at the span port."""
    out = lab.run('sensor', 'cat', '/sys/class/net/span0/statistics/rx_packets',
                  '/sys/class/net/span0/statistics/tx_packets')
    return sum(map(int, out.stdout.split()))


def weigh(sensor):
    """{process: (kilobytes that are its own, mappings, descriptors)}; the reporter is another one each time."""
    found = {}
    for role, pids in {'supervisor': [sensor.process.pid], **sensor.children()}.items():
        for i, pid in enumerate(sorted(pids)):
            try:
                own = sum(int(m) for m in re.findall(r'^Private_(?:Clean|Dirty): +(\d+)',
                                                     open(f'/proc/{pid}/smaps_rollup').read(), re.M))
                maps = len(open(f'/proc/{pid}/maps').read().splitlines())
                found[role, i] = own, maps, len(os.listdir(f'/proc/{pid}/fd'))
            except OSError:
                pass  # it has just ended
    return found


def test_a_hundred_reloads_under_load_lose_no_packet_and_no_alert_and_leak_no_memory(lab, server, tmp_path, work):
    sensor = net.Sensor(lab, tmp_path, events=EVENTS, options=['-w', '2'])
    change(sensor, (f'rules: [{net.TREE}/rules]', f'rules: [{net.TREE}/rules/images.yaml]'))
    digests, clients, weights = [], [], []
    before = received(lab)
    with sensor:
        long, slow = slow_upload(lab, work, 599, net.UNKNOWN, 30)
        for n, address in enumerate([net.UNAPPROVED, net.UNKNOWN]):
            paths = []
            for i in range(120):
                path, digest = make(work, 600 + 200 * n + i)
                with open(path, 'ab') as f:
                    f.write(os.urandom(100_000))
                digests.append(material.sha256(open(path, 'rb').read()))
                paths.append(path)
            clients.append(lab.start('lane', '/usr/bin/python3', '-c', UPLOADS, address, '', *paths))
        for i in range(RELOADS):
            change(sensor, *([(OVER, IN_FORCE)] if i % 2 == 0 else [(IN_FORCE, OVER)]))
            count = len(answers(sensor))
            sensor.process.send_signal(signal.SIGHUP)
            net.wait_for(lambda: len(answers(sensor)) > count, 20, 'the answer')
            weights.append(weigh(sensor))
        assert answers(sensor)[-1] == (RELOADS + 1, True)
        assert [c.wait(90) for c in [*clients, long]] == [0, 0, 0]
        for digest in [*digests, slow]:
            sensor.wait_transfer(digest, 10)
        time.sleep(1)
    sent = received(lab) - before
    whole = {t['file']['hash']['sha256'] for t in sensor.transfers()
             if t['gantry']['transfer'] == {'complete': True, 'missing_bytes': 0} and 'hash' in t['file']}
    assert not set(digests) - whole and slow in whole, 'each file was seen whole'
    c = counters(sensor)
    seen = c['capture.packets'] + c['capture.kernel_drops'] + c['capture.before_begin']
    assert 0 <= sent - seen <= 30, f'{sent} packets, {seen} seen or counted; some came before the sensor listened'
    assert c['reload.done'] == RELOADS and c['process.worker_restarts'] == 0
    assert c.get('reload.flows_cut', 0) == c.get('reload.refused', 0) == 0
    each_once(sensor)
    no_growth(weights)


def each_once(sensor):
    """Messages and alerts are numbered without a hole and without one twice, over a hundred reporters."""
    numbers = [r['gantry']['sequence'] for r in sensor.records()]
    assert numbers == list(range(1, len(numbers) + 1))
    alerts = {}
    for a in sensor.alerts():
        alerts.setdefault(a['gantry']['incident']['id'], []).append(a['gantry']['incident'])
    assert alerts
    for told in alerts.values():
        assert [i['sequence'] for i in told] == list(range(1, len(told) + 1))
        assert [i['state'] for i in told].count('opened') == 1 and told[0]['state'] == 'opened'
    moved = [t['file']['hash']['sha256'] for t in sensor.transfers() if 'hash' in t['file']]
    assert len(moved) == len(set(moved)), 'no transfer is told twice'


def no_growth(weights):
    for who in weights[-1]:
        early = [w[who] for w in weights[20:40] if who in w]
        late = [w[who] for w in weights[-20:] if who in w]
        if len(early) < 5 or len(late) < 5:
            continue  # a loader, seen by chance
        for i, (what, slack) in enumerate((('KiB', 4096), ('mappings', 8), ('descriptors', 2))):
            old, new = (statistics.median(w[i] for w in part) for part in (early, late))
            assert new <= old + slack, f'{who}: {what} grew from {old} to {new}'


def test_receivers_get_each_message_once_over_reloads(lab, server, tmp_path, work, keys):  # noqa: F811
    receiver = Receiver(lab, tmp_path, keys).start()
    outputs = ', '.join(f'{{format: json, to: "{to}", records: [transfer]{more}}}' for to, more in (
        (f'tls://127.0.0.1:{TLS}', f', ca: {keys}/ca.pem, name: siem.example'), (f'relp://127.0.0.1:{RELP}', '')))
    try:
        with net.Sensor(lab, tmp_path, outputs=outputs, events=EVENTS) as sensor:
            for i in range(12):
                upload(lab, sensor, work, 900 + i)
                if i % 2:
                    assert reload(sensor)[1]
            net.wait_for(lambda: len(receiver.messages()) >= 24, 10, 'all messages')
        got = receiver.messages()
    finally:
        receiver.stop()
    names = [m['file']['name'] for m in got]
    assert sorted(names) == sorted(2 * [f'L{900 + i}.jpg' for i in range(12)])
    c = counters(sensor)
    assert c['report.messages_repeated'] == 0 and c['report.messages_lost'] == 0


def test_a_configuration_that_is_no_yaml_is_refused_with_its_mistake_alone(lab, tmp_path):
    with net.Sensor(lab, tmp_path) as sensor:
        good = open(sensor.config).read()
        with open(sensor.config, 'w') as f:
            f.write(good.replace('prefixes: [10.40.0.0/16', 'prefixes: [[10.40.0.0/16'))
        refused = net.subprocess.run([net.GANTRYCTL, 'reload', '-c', sensor.config], capture_output=True, text=True, timeout=60)
        assert refused.returncode == 1 and refused.stdout == ''
        assert re.fullmatch(rf'{re.escape(sensor.config)}:\d+: error: [^\n]+; [^\n]+\n', refused.stderr), refused.stderr
        with open(sensor.config, 'w') as f:
            f.write(good.replace(OVER, OVER.replace('2020-12-31', '2020-12-41')))
        refused = net.subprocess.run([net.GANTRYCTL, 'reload', '-c', sensor.config], capture_output=True, text=True, timeout=60)
        assert refused.returncode == 1 and 'nothing has changed' in refused.stderr, 'the sensor itself says so of what can be read'
        with open(sensor.config, 'w') as f:
            f.write(good)
        taken = net.subprocess.run([net.GANTRYCTL, 'reload', '-c', sensor.config], capture_output=True, text=True, timeout=60)
        assert taken.returncode == 0 and 'is in force' in taken.stdout
