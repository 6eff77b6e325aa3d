/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/http/http.h"

#include "../../unit/protocol/recorder.h"

/* A conversation: lines of text, as transcripts have them but raw. A byte 1 begins client bytes, 2 server
 * bytes, 3 and 4 are gaps of the two (one byte of length follows), 5 and 6 their clean ends. Without a gap
 * every split must give the same transfers; with one, none may crash, and every transfer must end once. */
struct outcome {
    struct recorder *r;
    enum protocol_result result;
    bool gaps;
};

static void deliver(struct outcome *o, enum side side, const uint8_t *p, size_t n, size_t split) {
    struct recorder *r = o->r;
    for (size_t at = 0; at < n && o->result != PROTOCOL_LOST;) {
        size_t piece = n - at < split ? n - at : split;
        uint8_t *copy = malloc(piece);
        memcpy(copy, p + at, piece);
        if (o->result == PROTOCOL_BECOMES)
            conversation_inner(&r->c, side, copy, piece);
        else
            o->result = protocol_http.data(&r->c, side, copy, piece);
        free(copy);
        at += piece;
    }
}

static struct outcome play(const uint8_t *p, size_t n, size_t split) {
    struct outcome o = {.r = recorder_create(&protocol_http)};
    enum side side = SIDE_CLIENT;
    for (size_t i = 0; i < n && o.result != PROTOCOL_LOST;) {
        size_t end = i;
        while (end < n && (p[end] == 0 || p[end] > 6))
            end++;
        deliver(&o, side, p + i, end - i, split);
        if (end == n)
            break;
        uint8_t mark = p[end];
        i = end + 1;
        side = mark & 1 ? SIDE_CLIENT : SIDE_SERVER;
        if ((mark == 3 || mark == 4) && i < n) {
            o.gaps = true;
            if (o.result == PROTOCOL_OK && p[i])
                o.result = protocol_http.gap(&o.r->c, side, p[i]);
            i++;
        } else if (mark >= 5 && o.result == PROTOCOL_OK) {
            protocol_http.end(&o.r->c, side, true);
        }
    }
    recorder_close(o.r);
    return o;
}

static bool same(const struct record *a, const struct record *b) {
    return a->from == b->from && a->size == b->size && a->missing == b->missing && a->how == b->how &&
           a->partial == b->partial && a->offset == b->offset && strcmp(a->name, b->name) == 0 &&
           strcmp(a->path, b->path) == 0 && strcmp(a->host, b->host) == 0 &&
           strcmp(a->sha256, b->sha256) == 0;
}

static void compare(const struct outcome *a, const struct outcome *b) {
    if (a->result != b->result || a->r->count != b->r->count)
        abort();
    for (size_t i = 0; i < a->r->count; i++)
        if (!same(a->r->list[i], b->r->list[i]))
            abort();
    for (int side = 0; side < 2; side++)
        if (a->result == PROTOCOL_BECOMES && a->r->inner_n[side] != b->r->inner_n[side])
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
    static const size_t splits[] = {1, 3, 100};
    if (n > 65536)
        return 0;
    struct bytes first[2] = {bytes_of(p, n / 2), bytes_of(p + n / 2, n - n / 2)};
    protocol_http.probe(first);
    struct outcome whole = play(p, n, SIZE_MAX);
    for (size_t i = 0; i < sizeof splits / sizeof *splits; i++) {
        struct outcome cut = play(p, n, splits[i]);
        if (!whole.gaps)
            compare(&whole, &cut);
        recorder_destroy(cut.r);
    }
    recorder_destroy(whole.r);
    return 0;
}
