/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_TESTS_PROTOCOL_SCRIPT_H
#define GANTRY_TESTS_PROTOCOL_SCRIPT_H

#include "talk.h"

#include <dirent.h>

/* Conversations as text, tests/transcripts/README.md: each is played at every split through the dispatcher
 * with all protocols, and what comes of it is compared. */

struct script {
    char *text;
    const char *path;
    struct world *w;
    size_t flow, seen, split;
    enum side side;
    uint8_t *run;
    size_t run_n;
};

static inline void script_fail(const struct script *s, const char *line, const char *why) {
    fprintf(stderr, "%s, split %zu: %s: %s\n", s->path, s->split, line, why);
    fail();
}

static inline uint8_t *script_bytes(const char *text, size_t *n) {
    uint8_t *out = malloc(strlen(text) + 1), *p = out;
    for (; *text; text++) {
        if (*text != '\\') {
            *p++ = (uint8_t)*text;
        } else if (*++text == 'x') {
            char hex[3] = {text[1], text[2], 0};
            *p++ = (uint8_t)strtoul(hex, NULL, 16);
            text += 2;
        } else {
            *p++ = (uint8_t)(*text == 'r' ? '\r' : *text == 'n' ? '\n' : *text == 't' ? '\t' : *text);
        }
    }
    *n = (size_t)(p - out);
    return out;
}

static inline void script_flush(struct script *s) {
    if (s->run_n)
        world_deliver(s->w, s->flow, s->side, s->run, s->run_n, s->split);
    s->run_n = 0;
}

static inline void script_say(struct script *s, enum side side, const char *text) {
    if (side != s->side)
        script_flush(s);
    unsigned long times = 1;
    if (*text == '*') {
        char *end;
        times = strtoul(text + 1, &end, 10);
        text = end;
    }
    size_t n;
    uint8_t *bytes = script_bytes(*text ? text + 1 : text, &n);
    s->side = side;
    s->run = realloc(s->run, s->run_n + n * times + 1);
    for (; times; times--, s->run_n += n)
        memcpy(s->run + s->run_n, bytes, n);
    free(bytes);
}

static inline void script_event(struct script *s, const char *line) {
    char what[16] = "", side = 0;
    unsigned long n = 0;
    sscanf(line, "! %15s %c %lu", what, &side, &n);
    enum side from = side == '<' ? SIDE_SERVER : SIDE_CLIENT;
    script_flush(s);
    if (strcmp(what, "gap") == 0)
        world_lose(s->w, s->flow, from, n);
    else if (strcmp(what, "fin") == 0 || strcmp(what, "reset") == 0)
        world_finish(s->w, s->flow, from, what[0] == 'f');
    else
        script_fail(s, line, "no such event");
}

static inline bool script_same_text(const struct world_text *t, const char *value) {
    size_t n;
    uint8_t *bytes = script_bytes(value, &n);
    bool same = t->n == n && memcmp(t->p, bytes, n) == 0;
    free(bytes);
    return same;
}

static inline bool script_same(const struct transfer *t, const char *key, const char *value) {
    static const char *const ends[] = {"done", "cut", "unknown"};
    char sha256[65];
    for (int i = 0; i < 32; i++)
        snprintf(sha256 + 2 * i, 3, "%02x", t->sha256[i]);
    if (strcmp(key, "name") == 0)
        return script_same_text(&t->name, value);
    if (strcmp(key, "user") == 0)
        return script_same_text(&t->user, value);
    if (strcmp(key, "path") == 0)
        return script_same_text(&t->path, value);
    if (strcmp(key, "type") == 0)
        return script_same_text(&t->type, value);
    if (strcmp(key, "size") == 0)
        return t->size - t->missing == strtoull(value, NULL, 10);
    if (strcmp(key, "missing") == 0)
        return t->missing == strtoull(value, NULL, 10);
    if (strcmp(key, "end") == 0)
        return strcmp(ends[t->how], value) == 0;
    return strcmp(key, "sha256") == 0 && strcmp(sha256, value) == 0;
}

/* "= > key=value ...", or "= > text=..." up to the line's end. */
static inline void script_expect(struct script *s, char *line) {
    if (s->seen == s->w->transfers)
        script_fail(s, line, "no such transfer");
    const struct transfer *t = &s->w->transfer[s->seen++];
    if (t->from != (line[2] == '<' ? SIDE_SERVER : SIDE_CLIENT))
        script_fail(s, line, "from the other side");
    char *text = strstr(line, "text=");
    if (text) {
        size_t n;
        uint8_t *bytes = script_bytes(text + 5, &n), sha256[32];
        EVP_Digest(bytes, n, sha256, NULL, EVP_sha256(), NULL);
        if (t->size - t->missing != n || memcmp(sha256, t->sha256, sizeof sha256) != 0)
            script_fail(s, line, "other bytes");
        free(bytes);
        *text = 0;
    }
    for (char *word = strtok(line + 3, " "); word; word = strtok(NULL, " ")) {
        char *value = strchr(word, '=');
        if (!value)
            script_fail(s, word, "no value");
        *value++ = 0;
        if (!script_same(t, word, value)) {
            fprintf(stderr, "transfer %zu has %zu octets, %llu missing, named %.*s\n", s->seen,
                    (size_t)(t->size - t->missing), (unsigned long long)t->missing, (int)t->name.n,
                    t->name.p);
            script_fail(s, word, value);
        }
    }
}

static inline void script_line(struct script *s, char *line, bool *over) {
    if (line[0] == '>' || line[0] == '<') {
        script_say(s, line[0] == '<' ? SIDE_SERVER : SIDE_CLIENT, line + 1);
    } else if (line[0] == '!') {
        script_event(s, line);
    } else if (line[0] == '=') {
        script_flush(s);
        if (!*over)
            world_close_all(s->w);
        *over = true;
        script_expect(s, line);
    } else if (line[0] && line[0] != '#') {
        script_fail(s, line, "no such line");
    }
}

/* `codings` may be NULL. */
static inline void script_play(const char *path, const char *text, struct codings *codings, size_t split) {
    static const uint8_t a[4] = {192, 0, 2, 1}, b[4] = {203, 0, 113, 8};
    struct script s = {.text = strdup(text), .path = path, .split = split};
    bool over = false;
    s.w = world_create(&(struct dispatch_options){.conversations = 4});
    s.flow = world_open(s.w, (struct endpoint){address_from_v4(a), 40000},
                        (struct endpoint){address_from_v4(b), 4711});
    s.w->flow[s.flow]->codings = codings;
    conversation_named(s.w->dispatcher, s.w->flow[s.flow], NULL);
    for (char *line = s.text, *end; *line; line = end) {
        end = line + strcspn(line, "\n");
        if (*end)
            *end++ = 0;
        script_line(&s, line, &over);
    }
    script_flush(&s);
    if (!over)
        world_close_all(s.w);
    if (s.seen != s.w->transfers)
        script_fail(&s, "the end", "a transfer that nobody expects");
    world_destroy(s.w);
    free(s.text);
    free(s.run);
}

/* All conversations of a folder, at every split. */
static inline void script_play_all(const char *folder, struct codings *codings) {
    struct dirent **names;
    int n = scandir(folder, &names, NULL, alphasort), played = 0;
    assert_true(n > 0);
    for (int i = 0; i < n; i++) {
        char path[1024], *dot = strrchr(names[i]->d_name, '.');
        snprintf(path, sizeof path, "%s/%s", folder, names[i]->d_name);
        if (dot && strcmp(dot, ".txt") == 0) {
            size_t size = 0, got;
            char *text = calloc(1, 1 << 20);
            FILE *f = fopen(path, "r");
            assert_non_null(f);
            while ((got = fread(text + size, 1, (1 << 20) - 1 - size, f)) > 0)
                size += got;
            fclose(f);
            for (size_t k = 0; k < sizeof talk_splits / sizeof *talk_splits; k++)
                script_play(path, text, codings, talk_splits[k]);
            free(text);
            played++;
        }
        free(names[i]);
    }
    free(names);
    assert_true(played > 0);
}

#endif
