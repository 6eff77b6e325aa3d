/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_SYSLOG_H
#define GANTRY_PROTOCOL_SYSLOG_H

#include "protocol/protocol.h"

/* syslog (RFC 3164, RFC 5424) over UDP (RFC 5426) and TCP (RFC 6587: octet counting, or a line each). The
 * messages of a side, a line each, are one object for a minute or for 1 MiB, whichever is less. What is no
 * text becomes any other conversation. */
extern const struct protocol protocol_syslog;

/* --- syslog_head.c --- */

/* Does a message begin here: a priority, and behind it a version and a time, or a time? */
enum probe syslog_probe_message(struct bytes first);
/* The same with the count of its octets before it, if there is one. */
enum probe syslog_probe_frame(struct bytes first);

#endif
