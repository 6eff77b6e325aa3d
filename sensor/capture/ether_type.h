/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_CAPTURE_ETHER_TYPE_H
#define GANTRY_CAPTURE_ETHER_TYPE_H

/* Ethertypes (IEEE 802, IANA's registry), and GRE's numbers (RFC 2784), which are of the same space. */
enum ether_type {
    TYPE_LOWEST = 0x0600, /* below it the field is a length */
    TYPE_IPV4 = 0x0800,
    TYPE_IPV6 = 0x86dd,
    TYPE_VLAN = 0x8100,
    TYPE_VLAN_SERVICE = 0x88a8,
    TYPE_VLAN_OLD = 0x9100,
    TYPE_MPLS = 0x8847,
    TYPE_MPLS_MULTICAST = 0x8848,
    TYPE_PPPOE = 0x8864,
    TYPE_ETHERNET = 0x6558, /* a bridged frame */
    TYPE_ERSPAN2 = 0x88be,
    TYPE_ERSPAN3 = 0x22eb,
};

#endif
