/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_CAPTURE_ETHER_TYPE_H
#define GANTRY_CAPTURE_ETHER_TYPE_H

/* Ethertypes (IEEE 802, IANA's registry), and GRE's numbers (RFC 2784), which are of the same space. */
enum ether_type {
    ETHER_LOWEST = 0x0600, /* below it the field is a length */
    ETHER_IPV4 = 0x0800,
    ETHER_IPV6 = 0x86dd,
    ETHER_VLAN = 0x8100,
    ETHER_VLAN_SERVICE = 0x88a8,
    ETHER_VLAN_OLD = 0x9100,
    ETHER_MPLS = 0x8847,
    ETHER_MPLS_MULTICAST = 0x8848,
    ETHER_PPPOE = 0x8864,
    ETHER_BRIDGED = 0x6558, /* an Ethernet frame */
    ETHER_ERSPAN2 = 0x88be,
    ETHER_ERSPAN3 = 0x22eb,
};

#endif
