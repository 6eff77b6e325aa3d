# SPDX-License-Identifier: Apache-2.0
"""Uploads by curl through tunnels and behind tags that Open vSwitch, the kernel and socat make, over the span: the innermost pair of hosts is told."""
import os
import subprocess

import lab as net
import material
import packets
import pytest
from web import nginx

PORT = 8097
ENDS = {'lane': '100.67.0.1', 'outside': '100.67.0.2'}     # of the tunnels
ENDS6 = {'lane': '2001:db8:67::1', 'outside': '2001:db8:67::2'}
INSIDE = {'lane': '10.40.7.1', 'outside': '100.64.0.1'}    # of what passes in them
OTHER = {'lane': 'outside', 'outside': 'lane'}
MAC = {'lane': '02:00:00:00:07:01', 'outside': '02:00:00:00:07:02'}


class Switch:
    """Open vSwitch in user space: `under` is the bridge of the wire, `inner` that of the host; `t0` leads from one to the other."""

    def __init__(self, lab, space, folder):
        self.lab, self.space, self.folder = lab, space, str(folder)
        self.socket = f'unix:{self.folder}/db.sock'
        net.run('ovsdb-tool', 'create', f'{self.folder}/conf.db', '/usr/share/openvswitch/vswitch.ovsschema')
        environment = {**os.environ, 'OVS_RUNDIR': self.folder}
        self.processes = [lab.start(space, 'ovsdb-server', f'{self.folder}/conf.db', f'--remote=p{self.socket}', f'--pidfile={self.folder}/db.pid',
                                    stderr=subprocess.DEVNULL, env=environment)]
        net.wait_for(lambda: os.path.exists(f'{self.folder}/db.sock'), 10, 'the database of Open vSwitch')
        net.run('ovs-vsctl', f'--db={self.socket}', '--no-wait', 'init', '--', 'set', 'Open_vSwitch', '.', 'other_config:vlan-limit=2')
        self.processes.append(lab.start(space, 'ovs-vswitchd', self.socket, f'--pidfile={self.folder}/vs.pid', stderr=subprocess.DEVNULL,
                                        env=environment))
        self.set('add-br', 'under', '--', 'set', 'bridge', 'under', 'datapath_type=netdev', '--', 'add-port', 'under', 'eth1')
        self.set('add-br', 'inner', '--', 'set', 'bridge', 'inner', 'datapath_type=netdev', f'other-config:hwaddr="{MAC[space]}"')
        lab.ip(space, 'addr', 'add', f'{ENDS[space]}/24', 'dev', 'under')
        lab.ip(space, 'addr', 'add', f'{ENDS6[space]}/64', 'dev', 'under', 'nodad')
        lab.ip(space, 'link', 'set', 'under', 'up')

    def set(self, *words):
        net.run('ovs-vsctl', f'--db={self.socket}', '--timeout=20', *words)

    def flows(self, bridge, *flows):
        for flow in flows:
            net.run('ovs-ofctl', '-O', 'OpenFlow15', 'add-flow', f'unix:{self.folder}/{bridge}.mgmt', flow)

    def tunnel(self, kind, options, v6):
        to = (ENDS6 if v6 else ENDS)[OTHER[self.space]]
        self.set('add-port', 'inner', 't0', '--', 'set', 'interface', 't0', f'type={kind}', 'ofport_request=9', f'options:remote_ip="{to}"',
                 *[f'options:{o}' for o in options])
        # What carries packets without Ethernet brings them without the host's address
        self.flows('inner', 'in_port=LOCAL,actions=output:9', f'in_port=9,actions=set_field:{MAC[self.space]}->eth_dst,output:LOCAL')

    def tags(self, put, take):
        """Frames go between the bridges as they are, but for these actions on packets of IP; `take`: match and actions."""
        self.set('add-port', 'inner', 't0', '--', 'set', 'interface', 't0', 'type=patch', 'options:peer=t1', 'ofport_request=9',
                 '--', 'add-port', 'under', 't1', '--', 'set', 'interface', 't1', 'type=patch', 'options:peer=t0', 'ofport_request=8')
        self.flows('under', 'table=1,dl_vlan=5,actions=pop_vlan,output:8', f'priority=9,in_port=8,ip,actions={put},output:eth1', 'priority=5,in_port=8,actions=output:eth1',
                   f'priority=9,in_port=eth1,{take}', 'priority=5,in_port=eth1,actions=output:8,LOCAL')

    def clear(self):
        self.set('--if-exists', 'del-port', 't0', '--', '--if-exists', 'del-port', 't1')
        for bridge in 'inner', 'under':
            net.run('ovs-ofctl', 'del-flows', f'unix:{self.folder}/{bridge}.mgmt')
            self.flows(bridge, 'priority=0,actions=NORMAL')


@pytest.fixture(scope='module')
def wire(lab, tmp_path_factory):
    """A second wire beside the first, at the same span."""
    folder = tmp_path_factory.mktemp('store')
    for space in ENDS:
        lab.ip('hub', 'link', 'add', f'q-{space}', 'type', 'veth', 'peer', 'name', 'eth1', 'netns', lab.spaces[space])
        lab.ip('hub', 'link', 'set', f'q-{space}', 'master', 'br0', 'up')
        for where, device in ('hub', f'q-{space}'), (space, 'eth1'):
            lab.run(where, 'ethtool', '-K', device, 'tso', 'off', 'gso', 'off', 'gro', 'off', 'tx', 'off', check=False)
        lab.ip(space, 'link', 'set', 'eth1', 'up')
    server = nginx(lab, 'outside', folder, [PORT])
    yield
    lab.stop(server)
    for space in ENDS:
        lab.ip('hub', 'link', 'del', f'q-{space}')


@pytest.fixture(scope='module')
def switches(lab, wire, tmp_path_factory):
    both = {space: Switch(lab, space, tmp_path_factory.mktemp(f'switch-{space}')) for space in ENDS}
    yield both
    for switch in both.values():
        for process in reversed(switch.processes):
            lab.stop(process)


@pytest.fixture
def route(lab):
    """Call it with a stranger and a device: the lane reaches the one, and it the lane, through the other, as long as the test runs."""
    made = []

    def through(stranger, device, mtu=1400):
        made.append((stranger, device))
        lead(lab, stranger, device, mtu)
    yield through
    for stranger, device in made:
        lab.run('lane', 'ip', 'route', 'del', f'{stranger}/32', 'dev', device, check=False)  # it may be gone with its device
        lab.run('outside', 'ip', 'route', 'del', f'{INSIDE["lane"]}/32', 'dev', device, check=False)


def lead(lab, stranger, device, mtu):
    for space in ENDS:
        lab.ip(space, 'link', 'set', device, 'mtu', str(mtu), 'up')
        lab.ip(space, 'addr', 'replace', f'{INSIDE[space]}/32', 'dev', device)
    lab.ip('lane', 'route', 'replace', f'{stranger}/32', 'dev', device, 'src', INSIDE['lane'])
    lab.ip('outside', 'route', 'replace', f'{INSIDE["lane"]}/32', 'dev', device)


def neighbours(lab, stranger, device):
    """Nobody has to ask: some tunnels carry IP alone."""
    lab.ip('lane', 'neigh', 'replace', stranger, 'lladdr', MAC['outside'], 'dev', device)
    lab.ip('outside', 'neigh', 'replace', INSIDE['lane'], 'lladdr', MAC['lane'], 'dev', device)


def check(lab, watch, picture, tmp_path):
    """A file of noise, which is silent, and a picture."""
    path, data, stranger = picture
    noise = tmp_path / 'notes.bin'
    noise.write_bytes(packets.noise(stranger, 30000))
    put = lambda name: lab.run('lane', 'curl', '-sS', '--fail', '-m', '10', '-T', name, f'http://{stranger}:{PORT}/')
    put(str(noise))
    watch.wait_transfer(material.sha256(noise.read_bytes()))
    assert not [a for a in watch.alerts() if a['destination']['ip'] == stranger]
    put(path)
    assert watch.wait_picture(data, stranger)['source']['ip'] == INSIDE['lane']


TUNNELS = {  # type, options, over IPv6
    'VXLAN': ('vxlan', ['key=42'], False),
    'VXLAN on another port': ('vxlan', ['key=42', 'dst_port=14789'], False),
    'VXLAN-GPE': ('vxlan', ['key=42', 'dst_port=4790', 'exts=gpe', 'packet_type=legacy_l3'], False),
    'GENEVE': ('geneve', ['key=42'], False),
    'GENEVE over IPv6 on another port': ('geneve', ['key=42', 'dst_port=16081'], True),
    'GRE with Ethernet': ('gre', [], False),
    'GRE with a key and checksums': ('gre', ['key=7', 'csum=true'], False),
    'GRE with a key and numbers': ('gre', ['key=7', 'seq=true'], False),

    'GRE with IP': ('gre', ['packet_type=legacy_l3'], False),
    'GRE over IPv6': ('ip6gre', [], True),
    'ERSPAN II': ('erspan', ['key=1', 'erspan_ver=1', 'erspan_idx=3'], False),
    'ERSPAN III': ('erspan', ['key=1', 'erspan_ver=2', 'erspan_dir=1', 'erspan_hwid=4'], False),
}


@pytest.mark.parametrize('kind, options, v6', TUNNELS.values(), ids=TUNNELS)
def test_an_upload_in_a_tunnel_of_open_vswitch(lab, switches, route, watch, picture, tmp_path, kind, options, v6):
    for switch in switches.values():
        switch.clear()
        switch.tunnel(kind, options, v6)
    # Each end learns where the other's is
    lab.run('lane', 'ping', '-c1', '-W2', (ENDS6 if v6 else ENDS)['outside'])
    route(picture[2], 'inner')
    neighbours(lab, picture[2], 'inner')
    check(lab, watch, picture, tmp_path)


TAGS = {
    'a VLAN': ('push_vlan:0x8100,set_field:4101->vlan_vid', 'dl_vlan=5,actions=pop_vlan,output:8'),
    'QinQ': ('push_vlan:0x8100,set_field:4101->vlan_vid,push_vlan:0x88a8,set_field:4102->vlan_vid', 'dl_vlan=6,actions=pop_vlan,resubmit(,1)'),
    'a label of MPLS': ('push_mpls:0x8847,set_field:77->mpls_label', 'mpls,actions=pop_mpls:0x0800,output:8'),
    'three labels of MPLS': ('push_mpls:0x8847,set_field:77->mpls_label,push_mpls:0x8847,push_mpls:0x8847',
                             'mpls,actions=pop_mpls:0x8847,pop_mpls:0x8847,pop_mpls:0x0800,output:8'),
}


@pytest.mark.parametrize('put, take', TAGS.values(), ids=TAGS)
def test_an_upload_behind_what_open_vswitch_puts_before_it(lab, switches, route, watch, picture, tmp_path, put, take):
    for switch in switches.values():
        switch.clear()
        switch.tags(put, take)
    route(picture[2], 'inner')
    neighbours(lab, picture[2], 'inner')
    check(lab, watch, picture, tmp_path)


@pytest.fixture
def kernel(lab, wire):
    """The kernel's own tunnel, on the bare wire."""
    for space in ENDS:
        lab.ip(space, 'addr', 'add', f'{ENDS[space]}/24', 'dev', 'eth1')
        lab.ip(space, 'link', 'add', 'k0', 'address', MAC[space], 'type', 'vxlan', 'id', '42', 'local', ENDS[space], 'remote', ENDS[OTHER[space]],
               'dstport', '8472')
    yield 'k0'
    for space in ENDS:
        lab.ip(space, 'link', 'del', 'k0')
        lab.ip(space, 'addr', 'del', f'{ENDS[space]}/24', 'dev', 'eth1')


def test_an_upload_in_vxlan_of_the_kernel_on_the_port_that_it_had_first(lab, kernel, route, watch, picture, tmp_path):
    route(picture[2], kernel)
    neighbours(lab, picture[2], kernel)
    check(lab, watch, picture, tmp_path)


@pytest.mark.parametrize('carrier', ['UDP4-DATAGRAM:{to}:5555,bind={own}:5555', 'IP4-DATAGRAM:{to}:4,bind={own}'], ids=['foo over UDP', 'IP in IP'])
def test_an_upload_in_packets_of_socat(lab, wire, route, watch, picture, tmp_path, carrier):
    for space in ENDS:
        lab.ip(space, 'addr', 'add', f'{ENDS[space]}/24', 'dev', 'eth1')
    ends = [lab.start(space, 'socat', carrier.format(to=ENDS[OTHER[space]], own=ENDS[space]), 'TUN,tun-name=u0,iff-up,iff-no-pi') for space in ENDS]
    try:
        for space in ENDS:
            net.wait_for(lambda: lab.run(space, 'ip', 'link', 'show', 'u0', check=False).returncode == 0, 10, 'the tunnel of socat')
        route(picture[2], 'u0')
        check(lab, watch, picture, tmp_path)
    finally:
        for end in ends:
            end.kill()
            end.wait()
        for space in ENDS:
            lab.ip(space, 'addr', 'del', f'{ENDS[space]}/24', 'dev', 'eth1')
