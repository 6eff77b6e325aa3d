/* SPDX-License-Identifier: Apache-2.0 */
#include "report/fleet/reply.h"

/* hiredis' own way to make answers, but for arrays: it makes room for as many elements as the engine says
 * there will be. */
#if HIREDIS_MAJOR >= 1 /* Debian 13 */
typedef size_t element_count;
#else
typedef int element_count;
#endif
static redisReplyObjectFunctions bounded;
static void *(*make_array)(const redisReadTask *task, element_count elements);

static void *make_bounded_array(const redisReadTask *task, element_count elements) {
    struct reply_reader *r = task->privdata;
    if ((size_t)elements > REPLY_ELEMENTS_MAX - r->elements)
        return NULL;
    r->elements += (size_t)elements;
    return make_array(task, elements);
}

bool reply_begin(struct reply_reader *r) {
    *r = (struct reply_reader){.reader = redisReaderCreate()};
    if (!r->reader)
        return false;
    if (!make_array) {
        bounded = *r->reader->fn;
        make_array = bounded.createArray;
        bounded.createArray = make_bounded_array;
    }
    r->reader->fn = &bounded;
    r->reader->privdata = r;
    return true;
}

void reply_finish(struct reply_reader *r) {
    if (r->reader)
        redisReaderFree(r->reader);
    r->reader = NULL;
}

bool reply_feed(struct reply_reader *r, const void *octets, size_t n) {
    r->octets += n;
    return r->octets <= REPLY_OCTETS_MAX && redisReaderFeed(r->reader, octets, n) == REDIS_OK;
}

bool reply_next(struct reply_reader *r, redisReply **out) {
    void *reply = NULL;
    *out = NULL;
    if (redisReaderGetReply(r->reader, &reply) != REDIS_OK)
        return false;
    if (!reply)
        return true;
    r->octets = r->reader->len - r->reader->pos;
    r->elements = 0;
    *out = reply;
    return true;
}
