/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/capture.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* Offloads merge or postpone the splitting of packets, so that the sensor would see other packets than were
 * on the wire. Names are ethtool's. */
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

int capture_check_offloads(const char *interface) {
    char names[64] = "", commands[64] = "";
    size_t n = 0, m = 0;
    int on = 0;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return 0;
    for (size_t i = 0; i < sizeof offloads / sizeof *offloads; i++) {
        if (!is_on(fd, interface, &offloads[i]))
            continue;
        n += (size_t)snprintf(names + n, sizeof names - n, "%s%s", on ? ", " : "", offloads[i].name);
        m += (size_t)snprintf(commands + m, sizeof commands - m, " %s off", offloads[i].name);
        on++;
    }
    close(fd);
    if (on)
        log_warning(
            "interface %s: offloads that change packets before they are captured are on (%s); turn them off: "
            "ethtool -K %s%s",
            interface, names, interface, commands);
    return on;
}
