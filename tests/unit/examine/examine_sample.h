/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_TESTS_EXAMINE_SAMPLE_H
#define GANTRY_TESTS_EXAMINE_SAMPLE_H

#include "examine_here.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* Files of tests/data/examined (make_examined_samples.py says what is in them), and what comes out of them.
 */

static struct collector got;
static uint8_t sample[1 << 19];
static size_t sample_n;

static inline void sample_read(const char *name) {
    char path[300];
    snprintf(path, sizeof path, TEST_DATA "/examined/%s", name);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    sample_n = fread(sample, 1, sizeof sample, f);
    fclose(f);
}

static inline void sample_send(const char *name) {
    collect_finish(&got);
    here_send(&got, name, bytes_of(sample, sample_n), 1448, 0, 0);
}

static inline void sample_examine(const char *name) {
    sample_read(name);
    sample_send(name);
}

static inline const struct collected *sample_find(const char *name) {
    for (size_t i = 1; i < got.n; i++)
        if (strcmp(got.list[i].name, name) == 0)
            return &got.list[i];
    return NULL;
}

static inline void assert_text(const struct collected *o, const char *text) {
    assert_non_null(o);
    assert_false(o->hashed); /* nobody sent these octets */
    assert_int_equal(o->bytes, strlen(text));
    assert_memory_equal(o->data, text, strlen(text));
}

/* Size and SHA-256 of a member of list.tsv. */
static inline void assert_member(const struct collected *o, const char *member) {
    char name[256], sha256[65];
    unsigned long long size;
    FILE *f = fopen(TEST_DATA "/examined/list.tsv", "r");
    bool known = false;
    assert_true(f && o);
    while (!known && fscanf(f, "%255s %llu %64s", name, &size, sha256) == 3)
        known = strcmp(name, member) == 0;
    fclose(f);
    assert_true(known && o->complete);
    assert_int_equal(o->size, size);
    assert_string_equal(o->sha256, sha256);
}

static inline int sample_begin(void **state) {
    here_begin(4 << 20);
    return 0;
}

static inline int sample_finish(void **state) {
    collect_finish(&got);
    bool clear = here_is_clear();
    here_finish();
    return clear ? 0 : -1;
}

/* Whatever is cut or changed of it, it ends, and nothing of it stays. */
static inline void assert_survives(const char *name, size_t step) {
    sample_read(name);
    size_t whole = sample_n;
    for (size_t n = 0; n < whole; n += step) {
        sample_n = n;
        sample_send(name);
    }
    sample_n = whole;
    for (size_t at = 8; at < whole; at += step) {
        sample[at] ^= 0x55;
        sample_send(name);
        sample[at] ^= 0x55;
    }
}

#endif
