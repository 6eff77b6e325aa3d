/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/protocol.h"

/* The list of protocols, in the order in which probes are asked. PROTOCOL(FOLDER, NAME): protocol_NAME is
 * defined in protocol/FOLDER/. To add a protocol:
 *   1. make the folder, with a meson.build that adds its files to protocol_src (and a library of its own to
 *      protocol_deps);
 *   2. add its line here. The build finds the folder by it. */
/* clang-format off */
#define PROTOCOLS(PROTOCOL) \
    PROTOCOL(haproxy, haproxy) \
    PROTOCOL(tls, tls) \
    PROTOCOL(ssh, ssh) \
    PROTOCOL(rtsp, rtsp) \
    PROTOCOL(rtsp, rtp) \
    PROTOCOL(rsync, rsync) \
    PROTOCOL(http, http) \
    PROTOCOL(http2, http2) \
    PROTOCOL(websocket, websocket) \
    PROTOCOL(irc, irc) \
    PROTOCOL(irc, dcc) \
    PROTOCOL(smtp, smtp) \
    PROTOCOL(pop3, pop3) \
    PROTOCOL(imap, imap) \
    PROTOCOL(mqtt, mqtt) \
    PROTOCOL(smb, smb) \
    PROTOCOL(postgresql, postgresql) \
    PROTOCOL(mysql, mysql) \
    PROTOCOL(ftp, ftp) \
    PROTOCOL(ftp, ftp_data) \
    PROTOCOL(socks, socks) \
    PROTOCOL(socks, socks_udp) \
    PROTOCOL(quic, quic) \
    PROTOCOL(dtls, dtls) \
    PROTOCOL(dns, dns) \
    PROTOCOL(ntp, ntp) \
    PROTOCOL(tftp, tftp) \
    PROTOCOL(nfs, nfs) \
    PROTOCOL(lpd, lpd) \
    PROTOCOL(vpn, openvpn) \
    PROTOCOL(vpn, wireguard) \
    PROTOCOL(syslog, syslog) \
    PROTOCOL(unknown, unknown) \
    PROTOCOL(unknown, unknown_datagrams)
/* clang-format on */

#define DECLARE(folder, name) extern const struct protocol protocol_##name;
PROTOCOLS(DECLARE)

#define ADDRESS(folder, name) &protocol_##name,
const struct protocol *const protocol_table[] = {PROTOCOLS(ADDRESS) NULL};
