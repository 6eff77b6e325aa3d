/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_CAPTURE_ETHER_TYPE_H
#define GANTRY_CAPTURE_ETHER_TYPE_H

#include <stdbool.h>
#include <stdint.h>

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
    ETHER_ARP = 0x0806,
    ETHER_VLAN_9200 = 0x9200,
    ETHER_VLAN_9300 = 0x9300,
    ETHER_PPPOE_DISCOVERY = 0x8863,
    ETHER_LLDP = 0x88cc,
    ETHER_BACKBONE = 0x88e7,   /* 802.1ah, a frame behind its service's number */
    ETHER_MACSEC = 0x88e5,     /* 802.1AE */
    ETHER_HSR = 0x892f,        /* IEC 62439-3 */
    ETHER_REDUNDANCY = 0xf1c1, /* 802.1CB */
    ETHER_TRILL = 0x22f3,      /* RFC 6325 */
    ETHER_VNTAG = 0x8926,      /* Cisco, which became 802.1BR */
    ETHER_ETAG = 0x893f,       /* 802.1BR */
    ETHER_FABRICPATH = 0x8903, /* Cisco */
    ETHER_METADATA = 0x8909,   /* Cisco, security group tags */
    ETHER_NSH = 0x894f,        /* RFC 8300 */
    ETHER_WCCP = 0x883e,       /* over GRE: a packet that a cache is to answer */
    ETHER_BRIDGED = 0x6558,    /* an Ethernet frame */
    ETHER_ERSPAN2 = 0x88be,
    ETHER_ERSPAN3 = 0x22eb,
};

static inline bool ether_is_tag(uint16_t type) {
    return type == ETHER_VLAN || type == ETHER_VLAN_SERVICE || type == ETHER_VLAN_OLD ||
           type == ETHER_VLAN_9200 || type == ETHER_VLAN_9300;
}

#endif
