/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/http/http.h"
#include "protocol/http/http_facts.h"

#include "recorder.h"

#include <dirent.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* Plays the conversations of tests/transcripts/http (README.md there) through the parser at many split sizes.
 */
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
    enum protocol_result result = protocol_http.data(&r->c, side, p, n);
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
            result = protocol_http.gap(&r->c, e->side, e->n);
        else
            protocol_http.end(&r->c, e->side, e->what == FIN);
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
                 {"sha256", t->sha256}, {"end", ends[t->how]}};
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
        struct recorder *r = recorder_create(&protocol_http);
        enum protocol_result result = play(t, r, splits[i]);
        check(t, r, result, splits[i]);
        recorder_destroy(r);
    }
    transcript_free(t);
}

/* --- what transcripts cannot say --- */

static enum probe probe_text(const char *client, const char *server) {
    struct bytes first[2] = {bytes_text(client), bytes_text(server)};
    return protocol_http.probe(first);
}

static void probe_knows_requests_and_status_lines(void **state) {
    (void)state;
    assert_int_equal(probe_text("GET / HTTP/1.1\r\n", ""), PROBE_YES);
    assert_int_equal(probe_text("\r\nput /x?y HTTP/1.0\r\n", ""), PROBE_YES);
    assert_int_equal(probe_text("FROB /x HTTP/1.1\r\n", ""), PROBE_YES);
    assert_int_equal(probe_text("", "HTTP/1.1 200 OK"), PROBE_YES);
    assert_int_equal(probe_text("HTTP/1.0 404", ""), PROBE_YES);
    assert_int_equal(probe_text("", ""), PROBE_MORE);
    assert_int_equal(probe_text("PO", "HTT"), PROBE_MORE);
    assert_int_equal(probe_text("POST /upload/with/a/long/path", "HT"), PROBE_MORE);
}

static void probe_leaves_look_alikes_alone(void **state) {
    (void)state;
    static const char *const server = "220 ready\r\n", *const alikes[] = {
                                                           "USER anonymous\r\n",
                                                           "OPTIONS rtsp://cam/1 RTSP/1.0\r\nCSeq: 1\r\n",
                                                           "INVITE sip:a@b SIP/2.0\r\nVia: x\r\n",
                                                           "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                                                           "\x16\x03\x01\x02",
                                                           "GET /\x01\x02"};
    for (size_t i = 0; i < sizeof alikes / sizeof *alikes; i++) {
        assert_int_not_equal(probe_text(alikes[i], server), PROBE_YES);
        /* Nor what goes on behind it: then it is none. */
        char long_one[8192];
        size_t n = (size_t)snprintf(long_one, sizeof long_one, "%s", alikes[i]);
        memset(long_one + n, '\n', sizeof long_one - n);
        struct bytes first[2] = {bytes_of(long_one, sizeof long_one), bytes_of(long_one, sizeof long_one)};
        assert_int_equal(protocol_http.probe(first), PROBE_NO);
    }
}

static void a_greeting_is_none_of_http_whatever_its_text(void **state) {
    assert_int_equal(probe_text("", "220 HTTP/1.1 200 OK\r\n"), PROBE_MORE); /* the client may say so */
    assert_int_equal(probe_text("USER a\r\n", "220-hello\r\nHTTP/1.1 200 OK\r\n\r\n220 ready\r\n"),
                     PROBE_MORE);
    assert_int_equal(probe_text("220 ready HTTP/1.1\r\n", ""), PROBE_MORE); /* its ends swapped */
    assert_int_equal(probe_text("", "22"), PROBE_MORE);
    assert_int_equal(probe_text("", "221 x\r\nHTTP/1.1 200 OK\r\n"), PROBE_YES);
    assert_int_equal(probe_text("220 /up HTTP/1.1\r\n", ""), PROBE_YES);
    assert_int_equal(probe_text("PUT /up HTTP/1.1\r\n", "220 ready\r\n"), PROBE_YES);
}

static void a_request_behind_junk_is_found_by_the_probe(void **state) {
    (void)state;
    assert_int_equal(probe_text("hello there\r\nPUT /a HTTP/1.1\r\n", ""), PROBE_YES);
    assert_int_equal(probe_text("\x01\x02\xffPUT /a HTTP/1.1\r\n", ""), PROBE_YES);
    assert_int_equal(probe_text("P@T(x) /a HTTP/1.1\r\n", ""), PROBE_YES);
    assert_int_equal(probe_text("FROB /a\r\nHost: h\r\n", ""), PROBE_YES);
    assert_int_not_equal(probe_text("hello there\r\nPUT /a or not\r\n", ""), PROBE_YES);
}

static void a_long_target_is_recognised_before_its_line_ends(void **state) {
    (void)state;
    char line[3000] = "GET /";
    memset(line + 5, 'a', sizeof line - 6);
    line[sizeof line - 1] = 0;
    assert_int_equal(probe_text(line, ""), PROBE_YES);
}

static void requests_without_answers_need_bounded_memory(void **state) {
    (void)state;
    static const char request[] = "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx";
    struct recorder *r = recorder_create(&protocol_http);
    for (int i = 0; i < 2000; i++)
        assert_int_equal(protocol_http.data(&r->c, SIDE_CLIENT, (const uint8_t *)request, sizeof request - 1),
                         PROTOCOL_OK);
    assert_int_equal(r->count, 2000);
    assert_int_equal(r->named, 1);
    recorder_destroy(r);
}

static void a_flow_without_any_message_is_one_body(void **state) {
    (void)state;
    struct recorder *r = recorder_create(&protocol_http);
    static uint8_t junk[65536];
    memset(junk, 'j', sizeof junk);
    enum protocol_result result = PROTOCOL_OK;
    int i = 0;
    for (; i < 1024 && result == PROTOCOL_OK; i++)
        result = protocol_http.data(&r->c, SIDE_SERVER, junk, sizeof junk);
    assert_int_equal(result, PROTOCOL_OK);
    recorder_close(r);
    assert_int_equal(r->count, 1);
    assert_true(r->list[0]->size == 1024 * sizeof junk && r->list[0]->how != TRANSFER_DONE);
    recorder_destroy(r);
}

/* Else the ranges of a download of which only one side is seen would meet nowhere. */
static void responses_without_their_request_have_a_key_that_no_path_has(void **state) {
    (void)state;
    char scratch[HTTP_SCRATCH];
    const struct http_origin asked = {.path = bytes_text("/a")}, unknown = {.path = {NULL, 0}};
    struct transfer_seed known, alone;
    size_t octets = 0;
    bool differ = false;
    http_facts_fill(&known, SIDE_SERVER, NULL, &asked, scratch);
    http_facts_fill(&alone, SIDE_SERVER, NULL, &unknown, scratch);
    for (int i = 0; i < TRANSFER_KEY_PARTS; i++) {
        octets += alone.key[i].n;
        differ |= !bytes_equal(alone.key[i], known.key[i]);
    }
    assert_true(octets > 0 && differ);
}

/* Every file of the folder is a test with the file's name. */
static size_t add_transcripts(struct CMUnitTest *tests, size_t most) {
    static const char folder[] = SOURCE_ROOT "/tests/transcripts/http";
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

int main(void) {
    static struct CMUnitTest tests[512] = {
        cmocka_unit_test(probe_knows_requests_and_status_lines),
        cmocka_unit_test(probe_leaves_look_alikes_alone),
        cmocka_unit_test(a_long_target_is_recognised_before_its_line_ends),
        cmocka_unit_test(requests_without_answers_need_bounded_memory),
        cmocka_unit_test(a_flow_without_any_message_is_one_body),
        cmocka_unit_test(a_greeting_is_none_of_http_whatever_its_text),
        cmocka_unit_test(a_request_behind_junk_is_found_by_the_probe),
        cmocka_unit_test(responses_without_their_request_have_a_key_that_no_path_has),
    };
    size_t fixed = 7, found = add_transcripts(tests + fixed, 512 - fixed);
    if (found == 0) {
        fprintf(stderr, "no transcripts found\n");
        return 1;
    }
    int failed = _cmocka_run_group_tests("http", tests, fixed + found, NULL, NULL);
    for (size_t i = 0; i < found; i++)
        free(tests[fixed + i].initial_state);
    return failed;
}
