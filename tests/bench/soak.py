# SPDX-License-Identifier: Apache-2.0
"""A live sensor under real uploads and floods, reloaded and its processes killed, for minutes: its memory over time."""
import os
import random
import signal
import subprocess
import sys
import threading
import time

import lab as net
import material

PORT = 8080
RELOAD_EVERY, KILL_EVERY = 3, 10  # seconds
GROWTH = 1.15  # the last third of the curve may be so much above the second


def memory(sensor):
    """Anonymous memory of all processes in MiB."""
    pids = [sensor.process.pid] + [pid for pids in sensor.children().values() for pid in pids]
    total = 0
    for pid in pids:
        try:
            with open(f'/proc/{pid}/smaps_rollup') as f:
                total += sum(int(line.split()[1]) for line in f if line.startswith('Pss_Anon:'))
        except OSError:
            pass
    return total / 1024


class Traffic(threading.Thread):
    def __init__(self, lab, folder):
        super().__init__(daemon=True)
        self.lab, self.folder, self.over, self.sent = lab, folder, False, 0

    def run(self):
        while not self.over:
            path = os.path.join(self.folder, f'L{self.sent % 50:02}.jpg')
            with open(path, 'wb') as f:
                f.write(material.lane_image(self.sent, 640, 480))
            self.lab.run('lane', 'curl', '-sS', '-o', '/dev/null', '-T', path, f'http://{net.UNAPPROVED}:{PORT}/in/', check=False)
            self.sent += 1


def trouble(sensor, elapsed, done):
    """A reload or a kill when its time has come."""
    if elapsed - done['reload'] >= RELOAD_EVERY:
        done['reload'] = elapsed
        done['reloads'] += 1
        os.kill(sensor.process.pid, signal.SIGHUP)
    if elapsed - done['kill'] >= KILL_EVERY:
        done['kill'] = elapsed
        children = sensor.children()
        role = random.choice(['worker', 'worker', 'reporter'])
        if children[role]:
            done['kills'] += 1
            os.kill(random.choice(children[role]), signal.SIGKILL)


def draw(curve):
    """One line of bars, sixty at most."""
    step = max(1, len(curve) // 60)
    means = [sum(curve[i:i + step]) / len(curve[i:i + step]) for i in range(0, len(curve), step)]
    top = max(means)
    return ''.join(' .:-=+*#%@'[min(9, int(10 * m / top))] for m in means)


def judge(curve):
    third = len(curve) // 3
    middle, last = sum(curve[third:2 * third]) / third, sum(curve[2 * third:]) / len(curve[2 * third:])
    print(f'soak: memory in the second third {middle:.1f} MiB, in the last {last:.1f} MiB, at most {max(curve):.1f} MiB')
    print(f'  |{draw(curve)}|')
    flat = last <= middle * GROWTH
    print('soak: the curve is flat' if flat else 'soak: memory grows')
    return 0 if flat else 1


def run(build, folder, seconds):
    net.GANTRY = os.path.join(build, 'sensor', 'gantry')
    lab = net.Lab(folder)
    work = os.path.join(folder, 'soak')
    os.makedirs(work, exist_ok=True)
    curve, done = [], {'reload': 0, 'kill': 0, 'reloads': 0, 'kills': 0}
    try:
        lab.up()
        lab.start('outside', '/usr/bin/python3', os.path.join(os.path.dirname(net.__file__), 'upload_server.py'), str(PORT))
        lab.wait_port('outside', '::', PORT)
        with net.Sensor(lab, work, options=['-w', '2'], events='alert,stats') as sensor:
            traffic = Traffic(lab, work)
            traffic.start()
            begin = time.monotonic()
            while (elapsed := time.monotonic() - begin) < seconds:
                trouble(sensor, elapsed, done)
                curve.append(memory(sensor))
                print(f'\rsoak: {elapsed:.0f} of {seconds} s, {curve[-1]:.1f} MiB, {traffic.sent} uploads, {done["reloads"]} reloads, '
                      f'{done["kills"]} kills ', end='', file=sys.stderr, flush=True)
                time.sleep(0.5)
            traffic.over = True
            traffic.join(60)
    finally:
        print(file=sys.stderr)
        lab.down()
    print(f'soak: {seconds} s, {traffic.sent} uploads, {done["reloads"]} reloads, {done["kills"]} kills, '
          f'{len(sensor.alerts())} alerts')
    return judge(curve)
