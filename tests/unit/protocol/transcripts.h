/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_TESTS_PROTOCOL_TRANSCRIPTS_H
#define GANTRY_TESTS_PROTOCOL_TRANSCRIPTS_H

#include "recorder.h"

#include <dirent.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* Plays the conversations of a folder of tests/transcripts (README.md of its http) through a parser at many
 * split sizes. */
static const struct protocol *transcripts_of;

enum { EVENTS_MAX = 512, EXPECTS_MAX = 512 };

static const size_t splits[] = {1, 2, 3, 7, 64, 1000, SIZE_MAX};

struct event {
    enum { BYTES, GAP, FIN, RESET } what;
    enum side side;
    uint8_t *p;
    size_t n; /* bytes, or the length of the gap */
};

struct transcript {
    char path[1024];
    struct event events[EVENTS_MAX];
    size_t events_n;
    char *expects[EXPECTS_MAX]; /* "= ..." lines, without the mark */
    size_t expects_n;
};

/* --- reading --- */

static size_t unescape(const char *text, uint8_t *out) {
    size_t n = 0;
    for (; *text; text++) {
        unsigned value;
        if (*text != '\\') {
            out[n++] = (uint8_t)*text;
            continue;
        }
        text++;
        if (*text == 'x' && sscanf(text + 1, "%2x", &value) == 1) {
            out[n++] = (uint8_t)value;
            text += 2;
        } else {
            out[n++] = (uint8_t)(*text == 'r' ? '\r' : *text == 'n' ? '\n' : *text == 't' ? '\t' : *text);
        }
    }
    return n;
}

static void add_bytes(struct transcript *t, enum side side, const char *text, size_t times) {
    struct event *e = t->events_n ? &t->events[t->events_n - 1] : NULL;
    if (!e || e->what != BYTES || e->side != side) {
        assert_true(t->events_n < EVENTS_MAX);
        e = &t->events[t->events_n++];
        *e = (struct event){.what = BYTES, .side = side};
    }
    uint8_t *one = malloc(strlen(text) + 1);
    size_t n = unescape(text, one);
    e->p = realloc(e->p, e->n + n * times + 1);
    for (size_t i = 0; i < times; i++, e->n += n)
        memcpy(e->p + e->n, one, n);
    free(one);
}

static void add_event(struct transcript *t, const char *text) {
    char what[16], side;
    size_t n = 0;
    assert_true(sscanf(text, "%15s %c %zu", what, &side, &n) >= 2);
    assert_true(t->events_n < EVENTS_MAX);
    struct event *e = &t->events[t->events_n++];
    *e = (struct event){.side = side == '<' ? SIDE_SERVER : SIDE_CLIENT, .n = n};
    e->what = strcmp(what, "gap") == 0 ? GAP : strcmp(what, "fin") == 0 ? FIN : RESET;
}

static void read_line(struct transcript *t, char *line) {
    enum side side = line[0] == '<' ? SIDE_SERVER : SIDE_CLIENT;
    if (line[0] == '#' || line[0] == 0)
        return;
    if ((line[0] == '<' || line[0] == '>') && line[1] == '*') {
        char *rest;
        size_t times = strtoul(line + 2, &rest, 10);
        add_bytes(t, side, rest + 1, times);
    } else if (line[0] == '<' || line[0] == '>') {
        add_bytes(t, side, line[1] ? line + 2 : "", 1);
    } else if (line[0] == '!') {
        add_event(t, line + 2);
    } else if (line[0] == '=') {
        assert_true(t->expects_n < EXPECTS_MAX);
        t->expects[t->expects_n++] = strdup(line + 2);
    } else {
        fail_msg("%s: line not understood: %s", t->path, line);
    }
}

static struct transcript *transcript_read(const char *path) {
    struct transcript *t = calloc(1, sizeof *t);
    char *line = NULL;
    size_t size = 0;
    ssize_t n;
    snprintf(t->path, sizeof t->path, "%s", path);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    while ((n = getline(&line, &size, f)) > 0) {
        if (line[n - 1] == '\n')
            line[n - 1] = 0;
        read_line(t, line);
    }
    free(line);
    fclose(f);
    return t;
}

static void transcript_free(struct transcript *t) {
    for (size_t i = 0; i < t->events_n; i++)
        free(t->events[i].p);
    for (size_t i = 0; i < t->expects_n; i++)
        free(t->expects[i]);
    free(t);
}

/* --- playing --- */

/* As the dispatcher does: behind a tunnel's handshake all is the inner conversation's. */
static enum protocol_result play_piece(struct recorder *r, enum side side, const uint8_t *p, size_t n) {
    if (r->inner_now) {
        conversation_inner(&r->c, side, p, n);
        return PROTOCOL_BECOMES;
    }
    enum protocol_result result = r->c.protocol->data(&r->c, side, p, n);
    r->inner_now = result == PROTOCOL_BECOMES;
    return result;
}

static enum protocol_result play_bytes(struct recorder *r, const struct event *e, size_t split) {
    enum protocol_result result = PROTOCOL_OK;
    for (size_t at = 0; at < e->n && result != PROTOCOL_LOST;) {
        size_t n = e->n - at < split ? e->n - at : split;
        /* A copy of its own, so that the sanitizer sees every read beyond it. */
        uint8_t *piece = malloc(n);
        memcpy(piece, e->p + at, n);
        result = play_piece(r, e->side, piece, n);
        free(piece);
        at += n;
    }
    return result;
}

static enum protocol_result play(const struct transcript *t, struct recorder *r, size_t split) {
    enum protocol_result result = PROTOCOL_OK;
    for (size_t i = 0; i < t->events_n && result != PROTOCOL_LOST; i++) {
        const struct event *e = &t->events[i];
        if (e->what == BYTES)
            result = play_bytes(r, e, split);
        else if (r->inner_now)
            continue;
        else if (e->what == GAP)
            result = r->c.protocol->gap(&r->c, e->side, e->n);
        else
            r->c.protocol->end(&r->c, e->side, e->what == FIN);
    }
    recorder_close(r);
    return result;
}

/* --- comparing --- */

static bool value_is(const struct record *t, const char *key, const char *value) {
    static const char *const ends[] = {
        [TRANSFER_DONE] = "done", [TRANSFER_CUT] = "cut", [TRANSFER_UNKNOWN] = "unknown"};
    const struct {
        const char *key, *text;
    } texts[] = {{"name", t->name},     {"path", t->path},    {"host", t->host},         {"user", t->user},
                 {"method", t->method}, {"type", t->type},    {"encoding", t->encoding}, {"etag", t->etag},
                 {"sha256", t->sha256}, {"key", t->key}, {"end", ends[t->how]}};
    const struct {
        const char *key;
        uint64_t number;
    } numbers[] = {{"size", t->size},   {"missing", t->missing}, {"offset", t->offset},
                   {"total", t->total}, {"length", t->length},   {"partial", t->partial}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (strcmp(key, texts[i].key) == 0)
            return strcmp(value, texts[i].text) == 0;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (strcmp(key, numbers[i].key) == 0)
            return numbers[i].number ==
                   (strcmp(value, "-") == 0 ? LENGTH_UNKNOWN : strtoull(value, NULL, 10));
    return false;
}

static void check_record(const struct transcript *t, const struct record *got, char *expect, size_t split) {
    char *save, value[RECORD_TEXT * 2];
    char *word = strtok_r(expect, " ", &save);
    if (got->from != (word[0] == '<' ? SIDE_SERVER : SIDE_CLIENT))
        fail_msg("%s, split %zu: transfer %s is from the wrong side", t->path, split, got->name);
    while ((word = strtok_r(NULL, " ", &save))) {
        char *equals = strchr(word, '=');
        assert_non_null(equals);
        *equals = 0;
        value[unescape(equals + 1, (uint8_t *)value)] = 0;
        if (!value_is(got, word, value))
            fail_msg("%s, split %zu: %s is not %s (name %s, path %s, host %s, size %" PRIu64
                     ", missing %" PRIu64 ", end %d, offset %" PRIu64 ", sha256 %s)",
                     t->path, split, word, value, got->name, got->path, got->host, got->size, got->missing,
                     got->how, got->offset, got->sha256);
    }
}

static void check_other(const struct transcript *t, const struct recorder *r, enum protocol_result result,
                        char *expect, size_t split) {
    static const char *const results[] = {
        [PROTOCOL_OK] = "ok", [PROTOCOL_LOST] = "lost", [PROTOCOL_BECOMES] = "inner"};
    char *value = strchr(expect, ' '), plain[RECORD_TEXT * 2];
    assert_non_null(value);
    *value++ = 0;
    const char *got = strcmp(expect, "result") == 0   ? results[result]
                      : strcmp(expect, "words") == 0  ? r->words
                      : strcmp(expect, "target") == 0 ? r->target
                      : strcmp(expect, "inner>") == 0 ? r->inner[SIDE_CLIENT]
                      : strcmp(expect, "inner<") == 0 ? r->inner[SIDE_SERVER]
                                                      : r->hosts;
    plain[unescape(value, (uint8_t *)plain)] = 0;
    if (strcmp(got, plain) != 0)
        fail_msg("%s, split %zu: %s is %s, not %s", t->path, split, expect, got, plain);
}

static void check(const struct transcript *t, const struct recorder *r, enum protocol_result result,
                  size_t split) {
    size_t transfers = 0;
    for (size_t i = 0; i < t->expects_n; i++) {
        char *line = strdup(t->expects[i]);
        if (line[0] != '<' && line[0] != '>')
            check_other(t, r, result, line, split);
        else if (transfers < r->count)
            check_record(t, r->list[transfers++], line, split);
        else
            fail_msg("%s, split %zu: missing transfer %s", t->path, split, line);
        free(line);
    }
    if (transfers != r->count)
        fail_msg("%s, split %zu: %zu transfers more than expected, first %s from %d, %" PRIu64 " bytes",
                 t->path, split, r->count - transfers, r->list[transfers]->name, r->list[transfers]->from,
                 r->list[transfers]->size);
}

static void transcript_gives_its_transfers_at_every_split(void **state) {
    struct transcript *t = transcript_read(*state);
    for (size_t i = 0; i < sizeof splits / sizeof *splits; i++) {
        struct recorder *r = recorder_create(transcripts_of);
        enum protocol_result result = play(t, r, splits[i]);
        check(t, r, result, splits[i]);
        recorder_destroy(r);
    }
    transcript_free(t);
}

/* Every file of the folder is a test with the file's name. */
static size_t add_transcripts(const char *folder, struct CMUnitTest *tests, size_t most) {
    struct dirent **names;
    size_t count = 0;
    int n = scandir(folder, &names, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        size_t length = strlen(names[i]->d_name);
        if (length > 4 && strcmp(names[i]->d_name + length - 4, ".txt") == 0 && count < most) {
            char *path;
            if (asprintf(&path, "%s/%s", folder, names[i]->d_name) < 0)
                abort();
            tests[count++] = (struct CMUnitTest){.name = strrchr(path, '/') + 1,
                                                 .test_func = transcript_gives_its_transfers_at_every_split,
                                                 .initial_state = path};
        }
        free(names[i]);
    }
    if (n >= 0)
        free(names);
    return count;
}

/* `fixed` tests stand in front already, in room for TRANSCRIPTS_MAX. */
enum { TRANSCRIPTS_MAX = 512 };
static int run_with_transcripts(const char *group, const struct protocol *p, const char *folder,
                                struct CMUnitTest tests[TRANSCRIPTS_MAX], size_t fixed) {
    transcripts_of = p;
    size_t found = add_transcripts(folder, tests + fixed, TRANSCRIPTS_MAX - fixed);
    if (found == 0) {
        fprintf(stderr, "no transcripts found\n");
        return 1;
    }
    int failed = _cmocka_run_group_tests(group, tests, fixed + found, NULL, NULL);
    for (size_t i = 0; i < found; i++)
        free(tests[fixed + i].initial_state);
    return failed;
}

#endif
