/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_TEST_POLICY_TEXT_H
#define GANTRY_TEST_POLICY_TEXT_H

#include "problem_text.h"

#include "policy/policy.h"

#include <strings.h>

/* A policy from the text of a configuration. */
static uint8_t policy_region[256 << 10];
static struct problems problems;

static const char *const policy_classes[] = {"diagnostics", "plate-record", "vehicle-image", NULL};

static inline bool policy_protocol_known(const char *name) {
    return strcasecmp(name, "TLS") == 0 || strcasecmp(name, "SSH") == 0 || strcasecmp(name, "HTTP") == 0;
}

static inline const struct policy *policy_from(const char *text) {
    struct arena arena;
    arena_init(&arena, policy_region, sizeof policy_region);
    struct doc *d = doc_parse("t.yaml", bytes_text(text), &problems);
    const struct policy *p =
        d ? policy_load(doc_root(d), &arena, &problems, policy_classes, policy_protocol_known) : NULL;
    doc_free(d); /* the policy outlives the document */
    return p;
}

static inline struct address address_at(const char *text) {
    struct address a;
    assert_true(address_parse(text, &a));
    return a;
}

#endif
