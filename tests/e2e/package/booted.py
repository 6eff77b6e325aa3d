# SPDX-License-Identifier: Apache-2.0
"""A Debian root that its own systemd runs, in namespaces beside this machine: what the unit asks of it is done by it."""
import os
import subprocess

import lab as net

# Devices that a unit may ask for; no kmsg, which ProtectKernelLogs would hide together with whatever stands in for it.
BOOT = r'''
set -e
mount --make-rprivate /
mount --bind "$ROOT" "$ROOT"
cd "$ROOT"
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=1777 tmpfs tmp
mount -t tmpfs -o mode=755 tmpfs dev
mknod -m 666 dev/null c 1 3; mknod -m 666 dev/zero c 1 5; mknod -m 666 dev/full c 1 7
mknod -m 666 dev/random c 1 8; mknod -m 666 dev/urandom c 1 9; mknod -m 666 dev/tty c 5 0
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
mount -t tmpfs tmpfs dev/shm
ln -s pts/ptmx dev/ptmx; ln -s /proc/self/fd dev/fd
mkdir -p mnt
pivot_root . mnt
umount -l /mnt
exec env -i container=gantry-test PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --unit=multi-user.target --log-target=journal
'''


class Cannot(Exception):
    """Why no root can be booted here."""


def unified():
    """The place of the unified hierarchy of control groups."""
    for line in open('/proc/mounts'):
        _, place, kind = line.split()[:3]
        if kind == 'cgroup2':
            return place
    raise Cannot('there is no hierarchy of control groups, version 2')


class Booted:
    """The root at `path`, with systemd in it. `stop()` ends all that runs there."""

    def __init__(self, path):
        self.group = os.path.join(unified(), f'gantry-test-{os.getpid()}')
        try:
            os.mkdir(self.group)
        except OSError as e:
            raise Cannot(f'{self.group}: {e.strerror}') from e
        # Its group first, so that what it sees as the root of all groups is this one.
        words = ['sh', '-c', f'echo $$ > {self.group}/cgroup.procs && exec unshare --pid --fork --kill-child=KILL --mount --uts --ipc --net '
                 '--cgroup sh -c "$BOOT"']
        self.process = subprocess.Popen(words, env={**os.environ, 'ROOT': path, 'BOOT': BOOT}, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            net.wait_for(self.manages, 60, 'systemd')
        except AssertionError as e:
            said = self.stop()
            raise Cannot(f'systemd does not come up: {said[-300:]}') from e

    def init(self):
        children = open(f'/proc/{self.process.pid}/task/{self.process.pid}/children').read().split()
        return children[0] if children else None

    def manages(self):
        assert self.process.poll() is None, 'it ended'
        return self.init() and self.run('systemctl', 'list-units', '--no-pager', check=False).returncode == 0

    def run(self, *words, check=True):
        return net.run('nsenter', '-t', self.init(), '-m', '-u', '-i', '-n', '-p', '-C', *words, check=check, timeout=120)

    def shows(self, key):
        """A property of the unit."""
        return self.run('systemctl', 'show', '-P', key, 'gantry').stdout.strip()

    def stop(self):
        self.process.kill()
        said = self.process.communicate()[0]

        def empty():
            for folder, _, _ in sorted(os.walk(self.group), key=lambda w: -len(w[0])):
                try:
                    os.rmdir(folder)
                except OSError:
                    pass
            return not os.path.exists(self.group)
        net.wait_for(empty, 30, 'the end of what ran there')
        return said
