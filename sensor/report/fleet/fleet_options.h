/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_REPORT_FLEET_OPTIONS_H
#define GANTRY_REPORT_FLEET_OPTIONS_H

#include "report/fleet/secret.h"
#include "report/transport/output_config.h"
#include "settings/setting.h"

enum { FLEET_PASSWORD_MAX = 256, FLEET_PREFIX_MAX = 32 };

/* `fleet` of gantry.yaml: the engine (Redis or Valkey) in which several sensors add up their ledgers. */
struct fleet_options {
    struct setting_texts
        to; /* "rediss://host:port"; of a cluster or a pair several; none: there is no fleet */
    const char *key_file, *user, *password_file, *prefix;
    struct output_config tls;          /* its files and name alone */
    char password[FLEET_PASSWORD_MAX]; /* read from its file; empty: none */
    struct fleet_secret secret;        /* likewise */
    bool keyed;                        /* it was read */
};
extern const struct setting fleet_settings[];
/* Of setting.h: whether the values fit together, TLS's files can be read, paths are made whole. */
bool fleet_check(struct setting_reader *r, const struct doc_node *map, void *options);
/* Reads key and password, which may be the superuser's alone: at the start. False after telling problems. */
bool fleet_read_files(const struct doc_node *map, struct fleet_options *o, struct problems *problems);
/* What follows the scheme; NULL: it is neither redis:// nor rediss://. */
const char *fleet_target(const char *to, bool *tls);
static inline bool fleet_wanted(const struct fleet_options *o) {
    return o->to.count > 0 && o->keyed;
}

#endif
