/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_REPORT_OUTPUT_CONFIG_H
#define GANTRY_REPORT_OUTPUT_CONFIG_H

#include "base/log.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Outputs that a reporter may have: so many each part that names them has room for. */
enum { OUTPUTS_MAX = 96 };

/* One output: a format and a transport, each one const table entry found by name. */
struct output_config {
    const char *format;   /* "rfc5424", "cef", "leef", "json", "ocsf", "eve", "human" */
    const char *to;       /* "udp://host:port", "tls://host:port", "unix:/dev/log", "file:/path", "-", ... */
    unsigned records;     /* enum report_records, or-ed */
    uint64_t message_max; /* octets of a UDP message */
    /* TLS: PEM files, NULL: the system's authorities, no certificate of our own; the name that the receiver's
     * certificate must have, NULL: the target's host. */
    const char *ca, *certificate, *key, *name;
    uint64_t hold_bytes, hold_time; /* TCP and TLS: octets and ns, see hold.h */
    const char *role;               /* for messages; NULL: "output to" */
    const char *file;               /* where it was configured, for messages; NULL: command line */
    int line;
};

/* The file that an output appends to; NULL: it is none. */
const char *output_path(const struct output_config *o);
/* Opens that file, and those of TLS, in the supervisor while it is root: a reporter that may not open it
 * itself, the successor of one that died too, goes on with this descriptor. A new file is given to `owner`.
 * What is open already stays so. True for what is no file. */
bool output_open_early(const struct output_config *o, uid_t owner, gid_t group, struct error *e);
void output_close_unused(const struct output_config *outputs, size_t count); /* files of no other output */
void output_reopen_early(void); /* SIGHUP; what cannot be opened any more stays open */
void output_close_early(void);  /* in a worker, which is to reach no file */

#endif
