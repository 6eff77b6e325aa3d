/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRYCTL_POLICIES_H
#define GANTRYCTL_POLICIES_H

#include "../command.h"
#include "config/config.h"

/* What check and explain have in common. */
struct policy_words {
    const char *config; /* -c FILE */
    const char *socket; /* --socket PATH; NULL: where the configuration says */
    const char *at;     /* --at TIME; NULL: now */
    bool json;
    const char *word[5]; /* what is no option */
    size_t count;
};

/* The configuration as the sensor would load it; NULL after telling the problems. It lives until the end. */
const struct config *policy_config(const char *path, struct problems *problems);

/* Exit statuses. */
int policy_check(const struct policy_words *w);
int policy_explain(const struct policy_words *w);

#endif
