# SPDX-License-Identifier: Apache-2.0
"""A share of samba in a namespace, with a configuration, state and accounts of its own."""
import os
import pwd

import lab as net

USER, PASSWORD = 'lane4', 'secret'

CONFIG = '''
[global]
workgroup = LANES
netbios name = STORE
server role = standalone server
security = user
map to guest = never
username map = {folder}/users
passdb backend = tdbsam:{folder}/private/passdb.tdb
private dir = {folder}/private
lock directory = {folder}/lock
state directory = {folder}/state
cache directory = {folder}/cache
pid directory = {folder}/pid
ncalrpc dir = {folder}/ncalrpc
log file = {folder}/log
disable spoolss = yes
load printers = no
smb ports = {ports}
server min protocol = NT1
ntlm auth = yes
{more}
[plates]
path = {folder}/share
read only = no
force user = {account}
'''


class Share:
    """`folder`/share is the share \\\\HOST\\plates."""

    def __init__(self, lab, space, folder, more='', ports='445'):
        self.lab, self.space, self.folder = lab, space, str(folder)
        account = pwd.getpwuid(os.getuid()).pw_name
        net.reachable(self.folder)
        for name in 'share', 'private', 'lock', 'state', 'cache', 'pid', 'ncalrpc':
            os.makedirs(f'{self.folder}/{name}', exist_ok=True)
        with open(f'{self.folder}/users', 'w') as f:
            f.write(f'{account} = {USER}\n')
        self.config = f'{self.folder}/smb.conf'
        with open(self.config, 'w') as f:
            f.write(CONFIG.format(folder=self.folder, account=account, more=more, ports=ports))
        net.run('smbpasswd', '-c', self.config, '-a', '-s', account, input=f'{PASSWORD}\n{PASSWORD}\n')
        self.process = lab.start(space, 'smbd', '-F', '-s', self.config)
        for port in ports.split():
            lab.wait_port(space, '0.0.0.0', int(port))

    def put(self, name, data):
        with open(f'{self.folder}/share/{name}', 'wb') as f:
            f.write(data)

    def get(self, name):
        with open(f'{self.folder}/share/{name}', 'rb') as f:
            return f.read()

    def stop(self):
        self.lab.stop(self.process)


def words_of(host, dialect='SMB3'):
    """smbclient's, for a session with the share of `host`; commands follow behind -c."""
    return ['smbclient', '--configfile=/dev/null', f'//{host}/plates', '-U', f'{USER}%{PASSWORD}', '-m', dialect, '--option=client min protocol=NT1']


def client(lab, space, host, commands, *words, dialect='SMB3', check=True):
    """smbclient, with the commands of one session."""
    done = lab.run(space, *words_of(host, dialect), *words, '-c', ';'.join(commands), check=False, timeout=120)
    assert not check or (done.returncode == 0 and 'NT_STATUS' not in done.stdout), done.stdout
    return done
