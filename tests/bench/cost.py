# SPDX-License-Identifier: Apache-2.0
"""What reading a capture costs: the bare libpcap read and a build of the sensor, in CPU seconds per GB, starts taken off."""
import os
import resource
import statistics
import subprocess

import worst_inputs

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def build(folder):
    if not os.path.exists(os.path.join(folder, 'build.ninja')):
        subprocess.run(['meson', 'setup', folder, ROOT, '--buildtype=release', '-Dtests=false'], check=True,
                       stdout=subprocess.DEVNULL)
    subprocess.run(['ninja', '-C', folder, 'sensor/gantry', 'tests/bench/bare_read'], check=True, stdout=subprocess.DEVNULL)


def used():
    u = resource.getrusage(resource.RUSAGE_CHILDREN)
    return u.ru_utime + u.ru_stime


def family_cpu(pid):
    """CPU seconds so far of a process and those below it."""
    with open(f'/proc/{pid}/stat') as f:
        fields = f.read().rsplit(')', 1)[1].split()
    with open(f'/proc/{pid}/task/{pid}/children') as f:
        below = f.read().split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK') + sum(family_cpu(int(child)) for child in below)


def cpu_of(words, runs, longest=None):
    """The median; after `longest` seconds of the clock a run is ended, and counts for what it has taken so far."""
    took = []
    for _ in range(runs):
        before = used()
        process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            error = process.communicate(timeout=longest)[1]
            if process.returncode:
                raise SystemExit(f'{words[0]} ended with {process.returncode}: {error[-500:].decode()}')
            took.append(used() - before)
        except subprocess.TimeoutExpired:
            took.append(family_cpu(process.pid))
            process.kill()  # the others die with their parent
            process.communicate()
    return statistics.median(took)


class Bench:
    def __init__(self, args):
        self.bare = [os.path.join(args.build, 'tests/bench/bare_read')]
        self.gantry = [os.path.join(args.build, 'sensor/gantry'), '-q', '-c', os.path.join(ROOT, 'tools/sample/gantry.yaml'),
                       '--cache', os.path.join(args.folder, 'cache'), '-o', 'json:-', '--events', 'alert', '-r']
        self.runs, self.longest = args.runs, args.seconds
        empty = os.path.join(args.folder, 'empty.pcap')
        worst_inputs.write(empty, [])
        cpu_of([*self.gantry, empty], 1)  # compiles the rules and keeps them
        self.start = cpu_of([*self.gantry, empty], 5)

    def measure(self, capture):
        """CPU seconds per GB: the bare read's and Gantry's."""
        size = os.path.getsize(capture)
        return tuple(s * 1e9 / size for s in (cpu_of([*self.bare, capture], self.runs),
                                              cpu_of([*self.gantry, capture], self.runs, self.longest) - self.start))
