/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_RTSP_JPEG_HEADER_H
#define GANTRY_PROTOCOL_RTSP_JPEG_HEADER_H

#include "base/bytes.h"

/* What RTP leaves out of a JPEG file (RFC 2435): its header, made again as appendix B makes it. */

enum {
    JPEG_HEADER_MAX = 768,
    JPEG_TABLES_MAX = 256, /* octets of two tables of 16 bits */
    JPEG_RESTARTS = 64,    /* bit of a type: restart markers are used (section 3.1.3) */
};

struct jpeg_form {
    uint8_t type;           /* section 4.1 */
    uint8_t q;              /* section 4.2; from 128 on `tables` are used */
    uint16_t width, height; /* pixels */
    uint16_t restart;       /* macroblocks between two restart markers; 0: none */
    uint8_t precision;      /* by table, from bit 0 on: its values have 16 bits */
    struct bytes tables;    /* in zigzag order, one behind another */
};

/* Can a header be made for it? */
bool jpeg_header_known(const struct jpeg_form *f);
/* Octets written; 0: it is not known. */
size_t jpeg_header_write(const struct jpeg_form *f, uint8_t out[JPEG_HEADER_MAX]);

#endif
