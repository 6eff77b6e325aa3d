/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_REPORT_FLEET_REPLY_H
#define GANTRY_REPORT_FLEET_REPLY_H

#include "base/bytes.h"

#include <hiredis/hiredis.h>
#include <stdbool.h>

/* Answers of the engine (RESP 2) from octets, by hiredis' reader with bounds: whoever answers may be anybody
 * once the engine was taken over. */
enum { REPLY_OCTETS_MAX = 16 << 20, REPLY_ELEMENTS_MAX = 1 << 18 };

struct reply_reader {
    redisReader *reader;
    size_t octets;   /* of the answer that is not whole yet */
    size_t elements; /* likewise */
};

bool reply_begin(struct reply_reader *r); /* false: no memory */
void reply_finish(struct reply_reader *r);
/* What came; false: no answers, or too long a one: the connection is of no more use. */
bool reply_feed(struct reply_reader *r, const void *octets, size_t n);
/* The next whole answer, for freeReplyObject(); NULL in *out: none yet. False as above. */
bool reply_next(struct reply_reader *r, redisReply **out);

static inline bool reply_is_text(const redisReply *r) {
    return r && (r->type == REDIS_REPLY_STRING || r->type == REDIS_REPLY_STATUS);
}
static inline bool reply_is_error(const redisReply *r) {
    return r->type == REDIS_REPLY_ERROR;
}
static inline struct bytes reply_bytes(const redisReply *r) {
    return bytes_of(r->str, r->len);
}

#endif
