/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_FTP_LINE_H
#define GANTRY_PROTOCOL_FTP_LINE_H

#include <stdbool.h>
#include <stdint.h>

enum { FTP_LINE_MAX = 2048 };

/* A line of one side of the control channel while it comes, Telnet commands taken out (RFC 959 section 5.3,
 * RFC 854). */
struct ftp_line {
    uint16_t n;
    bool skipping; /* behind the bound, or behind a gap */
    bool cut;
    uint8_t telnet; /* 0, IAC, or the option command before its option */
    uint8_t p[FTP_LINE_MAX];
};

/* True when this byte ended the line: its text is p[0..n), perhaps with a CR, until ftp_line_clear(). */
bool ftp_line_add(struct ftp_line *l, uint8_t byte);
void ftp_line_clear(struct ftp_line *l);
/* Bytes are missing: what is left of this line is skipped. */
void ftp_line_gap(struct ftp_line *l);

#endif
