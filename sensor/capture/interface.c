/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/interface.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* Offloads merge packets or put off splitting them. Names are ethtool's. */
static const struct offload {
    const char *name;
    uint32_t command; /* answers with the value below */
    uint32_t bit;     /* 0: the value is a truth value */
} offloads[] = {
    {.name = "gro", .command = ETHTOOL_GGRO},
    {.name = "lro", .command = ETHTOOL_GFLAGS, .bit = ETH_FLAG_LRO},
    {.name = "tso", .command = ETHTOOL_GTSO},
    {.name = "gso", .command = ETHTOOL_GGSO},
};

static bool is_on(int fd, const char *interface, const struct offload *o) {
    struct ethtool_value value = {.cmd = o->command};
    struct ifreq request = {.ifr_data = (char *)&value};
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", interface);
    if (ioctl(fd, SIOCETHTOOL, &request) != 0)
        return false; /* the device has no such thing */
    return o->bit ? value.data & o->bit : value.data != 0;
}

static void look_at_offloads(int fd, const char *name, struct capture_interface *out) {
    size_t n = 0, m = 0;
    for (size_t i = 0; i < sizeof offloads / sizeof *offloads; i++) {
        if (!is_on(fd, name, &offloads[i]))
            continue;
        n += (size_t)snprintf(out->names + n, sizeof out->names - n, "%s%s", n ? ", " : "", offloads[i].name);
        m += (size_t)snprintf(out->commands + m, sizeof out->commands - m, " %s off", offloads[i].name);
        out->offloads |= 1u << i;
    }
}

void capture_interface_look(const char *name, struct capture_interface *out) {
    struct ifreq request = {.ifr_flags = 0};
    *out = (struct capture_interface){.known = false};
    int fd = strcmp(name, "any") == 0 ? -1 : socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
    out->there = ioctl(fd, SIOCGIFFLAGS, &request) == 0;
    out->known = out->there || errno == ENODEV;
    out->up = out->there && request.ifr_flags & IFF_UP;
    out->carrier = out->there && request.ifr_flags & IFF_RUNNING;
    if (out->there)
        look_at_offloads(fd, name, out);
    close(fd);
}
