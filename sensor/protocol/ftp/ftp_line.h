/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_FTP_LINE_H
#define GANTRY_PROTOCOL_FTP_LINE_H

#include "base/bytes.h"

#include <stdbool.h>
#include <stdint.h>

enum { FTP_LINE_MAX = 2048 };

/* A line of one side of the control channel while it comes, as it was sent. */
struct ftp_line {
    uint16_t n;
    bool cut;        /* longer than the bound: its end is missing */
    bool behind_gap; /* its beginning may be missing */
    uint8_t telnet;  /* 0, IAC, or the option command before its option */
    uint8_t p[FTP_LINE_MAX];
};

/* True when this byte ended the line; it is there until ftp_line_clear(). */
bool ftp_line_add(struct ftp_line *l, uint8_t byte);
/* Its text: Telnet commands taken out (RFC 959 section 5.3, RFC 854), without its end. */
struct bytes ftp_line_text(const struct ftp_line *l, uint8_t out[FTP_LINE_MAX]);
void ftp_line_clear(struct ftp_line *l);
/* Bytes are missing: what follows may be the end of a line, or a whole one. */
void ftp_line_gap(struct ftp_line *l);

#endif
