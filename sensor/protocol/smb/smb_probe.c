/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/smb/smb.h"

/* A frame of direct TCP ([MS-SMB2] section 2.1: a zero and 24 bits of length) with one of the four marks of a
 * message in it, and what its header must hold. A NetBIOS session begins with a request that has two names in
 * the encoding of RFC 1001 section 14.1. */

enum { MARK = 4, SMB2_HEADER = 64, SMB1_HEADER = 32, TRANSFORM_HEADER = 52, COMPRESSED_HEADER = 16 };

static uint32_t frame_length(const uint8_t *p) {
    return (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* What stands behind the mark of a message of that kind must be so much, and begin so. */
static enum probe judge_message(struct bytes in) {
    static const uint8_t smb[] = {'S', 'M', 'B'};
    size_t seen = in.n - MARK < 4 ? in.n - MARK : 4;
    uint8_t kind = in.p[MARK];
    uint32_t length = frame_length(in.p);
    if (kind < 0xfc || memcmp(in.p + MARK + 1, smb, seen - 1) != 0)
        return PROBE_NO;
    uint32_t least = kind == 0xfe   ? SMB2_HEADER
                     : kind == 0xff ? SMB1_HEADER + 3
                     : kind == 0xfd ? TRANSFORM_HEADER
                                    : COMPRESSED_HEADER;
    if (length < least)
        return PROBE_NO;
    if (in.n < SMB_FIND_OCTETS)
        return PROBE_MORE;
    if (kind == 0xfe && (in.p[8] != SMB2_HEADER || in.p[9] != 0))
        return PROBE_NO;
    return PROBE_YES;
}

/* RFC 1002 section 4.3.2. */
static enum probe judge_session_request(struct bytes in) {
    enum { NAME = 34, LENGTH = 2 * NAME };
    static const uint8_t head[] = {0x81, 0, 0, LENGTH, 0x20};
    size_t n = in.n < sizeof head ? in.n : sizeof head;
    if (memcmp(in.p, head, n) != 0)
        return PROBE_NO;
    for (size_t i = 4; i < in.n && i < 4 + LENGTH; i++) {
        size_t at = (i - 4) % NAME;
        bool good = at == 0          ? in.p[i] == 0x20
                    : at == NAME - 1 ? in.p[i] == 0
                                     : in.p[i] >= 'A' && in.p[i] <= 'P';
        if (!good)
            return PROBE_NO;
    }
    return in.n < 4 + LENGTH ? PROBE_MORE : PROBE_YES;
}

static enum probe probe_side(struct bytes in) {
    if (in.n == 0)
        return PROBE_MORE;
    if (in.p[0] == 0x81)
        return judge_session_request(in);
    if (in.p[0] != 0)
        return PROBE_NO;
    return in.n <= MARK ? PROBE_MORE : judge_message(in);
}

/* Each side is certain by itself. */
enum probe smb_probe(const struct bytes first[2]) {
    enum probe client = probe_side(first[SIDE_CLIENT]), server = probe_side(first[SIDE_SERVER]);
    if (client == PROBE_YES || server == PROBE_YES)
        return PROBE_YES;
    return client == PROBE_NO || server == PROBE_NO ? PROBE_NO : PROBE_MORE;
}

size_t smb_find(struct bytes in) {
    enum { BEFORE = MARK + 1 }; /* the letters of the mark */
    static const char letters[] = {'S', 'M', 'B'};
    const uint8_t *p = in.p, *end = in.p + in.n;
    while (in.n >= SMB_FIND_OCTETS && (p = memmem(p, (size_t)(end - p), letters, sizeof letters))) {
        const uint8_t *frame = p - in.p >= BEFORE ? p - BEFORE : NULL;
        if (frame && frame[0] == 0 && judge_message(bytes_of(frame, (size_t)(end - frame))) == PROBE_YES)
            return (size_t)(frame - in.p);
        p++;
    }
    return in.n;
}
