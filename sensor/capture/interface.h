/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_CAPTURE_INTERFACE_H
#define GANTRY_CAPTURE_INTERFACE_H

#include <stdbool.h>

/* How an interface stands: asked of the kernel, needs no privilege. */
struct capture_interface {
    bool known; /* it could be asked; pcap's "any" cannot */
    bool there, up, carrier;
    /* Offloads that are on and let the sensor see other packets than were on the wire (GRO, LRO, TSO, GSO;
     * stripped VLAN tags are fine): bits, their names, and the words of ethtool -K that turn them off. */
    unsigned offloads;
    char names[48], commands[64];
};

void capture_interface_look(const char *name, struct capture_interface *out);

#endif
