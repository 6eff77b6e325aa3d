# SPDX-License-Identifier: Apache-2.0
"""podman with images and containers of its own in a folder, and what tools/packaging/Containerfile says to it. No registry is asked: the base image
is a root that debootstrap made."""
import os
import re
import shlex
import shutil
import subprocess
import tempfile

import lab as net

RECIPE = os.path.join(net.ROOT, 'tools/packaging/Containerfile')
BASE = 'docker.io/library/debian:bookworm-slim'
# Control groups of version 2 alone, as podman asks for; limits as they are, which root cannot raise everywhere.
ALONE = 'umount -R /sys/fs/cgroup; mount -t cgroup2 none /sys/fs/cgroup && exec podman "$@"'
BOUNDED = ['--cgroups', 'disabled', '--ulimit', 'nofile=4096:4096', '--ulimit', 'nproc=4096:4096']


class Cannot(Exception):
    """Why no container can be had here."""


def told(command):
    """The words behind `podman COMMAND` in the recipe's head."""
    with open(RECIPE) as f:
        text = re.sub(r' \\\n# +', ' ', f.read())
    return shlex.split(re.search(rf'(?m)^#   podman {command} (.*)$', text).group(1))


class Engine:
    def __init__(self, folder):
        if not shutil.which('podman'):
            raise Cannot('podman is not installed')
        self.folder = folder
        self.state = tempfile.mkdtemp(prefix='gantry-podman-')  # of at most 50 characters
        self.words = ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', ALONE, 'sh', '--root', f'{folder}/images',
                      '--runroot', self.state, '--storage-driver', 'vfs', '--cgroup-manager', 'cgroupfs']

    def run(self, *words, check=True, **options):
        return net.run(*self.words, *words, check=check, **{'timeout': 600, **options})

    def close(self):
        self.run('rm', '-af', check=False)
        self.run('rmi', '-af', check=False)
        shutil.rmtree(self.state, ignore_errors=True)

    def take_base(self, tarball):
        self.run('import', tarball, BASE)
        tried = self.run('run', '--rm', '--network', 'host', *BOUNDED, BASE, 'true', check=False)
        if tried.returncode != 0:
            raise Cannot(f'podman runs no container: {tried.stdout[-300:]}')

    def build(self, package):
        """The recipe with this package for what its first stage makes."""
        made = os.path.join(self.folder, 'made')
        os.makedirs(os.path.join(made, 'out'))
        shutil.copy(package, os.path.join(made, 'out'))
        words = told('build')
        assert words[-1] == '.' and words[words.index('-f') + 1] == 'tools/packaging/Containerfile'
        built = self.run('build', '--isolation', 'chroot', '--pull=never', '--build-context', f'build={made}', *words[:-1], made, cwd=net.ROOT,
                         check=False)
        assert built.returncode == 0, built.stdout[-3000:]

    def start(self, lab, space, folder, log, without=()):
        """What the recipe says, in a network namespace, from the folder that has gantry.yaml."""
        words = [w for w in told('run') if w not in without]
        return lab.start(space, *self.words, 'run', '--name', 'sensor', '--replace', *BOUNDED, *words, cwd=folder, stdin=subprocess.DEVNULL,
                         stdout=log, stderr=log)

    def within(self, *words):
        return self.run('exec', 'sensor', *words, check=False).stdout

    def shows(self, what):
        return self.run('inspect', '-f', what, 'sensor', check=False).stdout.strip()
