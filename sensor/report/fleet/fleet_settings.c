/* SPDX-License-Identifier: Apache-2.0 */
#include "report/fleet/fleet_options.h"

#include "base/hex.h"
#include "report/transport/tls.h"
#include "report/transport/transport.h"
#include "settings/path.h"
#include "settings/setting_table.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIELD(field) .offset = offsetof(struct fleet_options, field)

/* clang-format off */
const struct setting fleet_settings[] = {
    {.key = "to", .type = SETTING_TEXTS, FIELD(to),
     .help = "redis://host:port or rediss://host:port (TLS); of a cluster some of its nodes, of a pair both"},
    {.key = "key", .restart = true, .type = SETTING_TEXT, FIELD(key_file),
     .help = "file with the key that all sensors of the fleet share, 64 hexadecimal digits"},
    {.key = "user", .type = SETTING_TEXT, FIELD(user), .help = "user of the engine; its default one if not given"},
    {.key = "password", .restart = true, .type = SETTING_TEXT, FIELD(password_file),
     .help = "file with that user's password"},
    {.key = "prefix", .restart = true, .type = SETTING_TEXT, FIELD(prefix), .preset = "gantry",
     .help = "with what all keys in the engine begin"},
    {.key = "ca", .type = SETTING_TEXT, FIELD(tls.ca),
     .help = "TLS: file with the authorities that may vouch for the engine; the system's if not given"},
    {.key = "certificate", .type = SETTING_TEXT, FIELD(tls.certificate),
     .help = "TLS: file with the sensor's own certificate and those up to its authority"},
    {.key = "certificate-key", .type = SETTING_TEXT, FIELD(tls.key),
     .help = "TLS: file with the key of that certificate, without a password"},
    {.key = "name", .type = SETTING_TEXT, FIELD(tls.name),
     .help = "TLS: name that the certificate of each node must have; the node's host if not given"},
    {0},
};
/* clang-format on */

const char *fleet_target(const char *to, bool *tls) {
    static const char plain[] = "redis://", sealed[] = "rediss://";
    *tls = strncmp(to, sealed, sizeof sealed - 1) == 0;
    if (*tls)
        return to + sizeof sealed - 1;
    return strncmp(to, plain, sizeof plain - 1) == 0 ? to + sizeof plain - 1 : NULL;
}

static bool check_targets(struct setting_reader *r, const struct doc_node *node, struct fleet_options *o) {
    struct remote remote;
    struct error e;
    bool tls, first = false, ok = true;
    for (size_t i = 0; i < o->to.count; i++) {
        const char *rest = fleet_target(o->to.items[i], &tls);
        if (!rest)
            ok = setting_error(r, node,
                               "\"%.100s\" is no engine; write rediss://host:port, or redis:// without TLS",
                               o->to.items[i]);
        else if (!remote_parse(rest, "6379", &remote, &e))
            ok = setting_error(r, node, "%s", e.text);
        first = i == 0 ? tls : first;
        if (rest && tls != first)
            ok =
                setting_error(r, node, "names some nodes with TLS and some without; write rediss:// for all");
    }
    if (ok && o->tls.ca && !first)
        ok = setting_error(r, node, "has no TLS, and there is a ca; write rediss://");
    if (ok && o->password_file && !first)
        problem_warning(r->problems, node->file, node->line,
                        "to: redis:// shows the password to whoever is on the way; use rediss://");
    return ok;
}

/* Looked at now, so that a mistake is told with its line. */
static bool check_tls(struct setting_reader *r, const struct doc_node *map, struct fleet_options *o) {
    const char *key;
    bool tls;
    struct error e;
    const char **const paths[] = {&o->tls.ca, &o->tls.certificate, &o->tls.key};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        if (*paths[i] && !(*paths[i] = path_beside(r->arena, map->file, *paths[i])))
            return false;
    if (!fleet_target(o->to.items[0], &tls) || !tls)
        return true;
    SSL_CTX *context = tls_context(&o->tls, &key, &e);
    SSL_CTX_free(context);
    if (context)
        return true;
    key = strcmp(key, "key") == 0 ? "certificate-key" : key;
    const struct doc_node *at = doc_get(map, key);
    return at ? setting_error(r, at, "%s", e.text)
              : problem_error(r->problems, map->file, map->line, "%s: %s", key, e.text);
}

static bool is_prefix(const char *text) {
    size_t n = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.:");
    return n > 0 && n < FLEET_PREFIX_MAX && text[n] == '\0';
}

bool fleet_check(struct setting_reader *r, const struct doc_node *map, void *options) {
    struct fleet_options *o = options;
    if (!map)
        return true;
    if (o->to.count == 0)
        return problem_error(r->problems, map->file, map->line,
                             "fleet: to is missing; write to: rediss://host:port, or take fleet away");
    if (!o->key_file)
        return problem_error(r->problems, map->file, map->line,
                             "fleet: key is missing; make a file with openssl rand -hex %d, the same for all "
                             "sensors, and name it",
                             FLEET_KEY_OCTETS);
    if (!is_prefix(o->prefix))
        return setting_error(r, doc_get(map, "prefix"),
                             "must have 1 to %d letters, digits or any of - _ . :; shorten or respell it",
                             FLEET_PREFIX_MAX - 1);
    if (o->user && !o->password_file)
        return setting_error(r, doc_get(map, "user"), "has no password; name a file with it as password");
    o->tls.role = "fleet's engine at";
    o->key_file = path_beside(r->arena, map->file, o->key_file);
    if (o->password_file)
        o->password_file = path_beside(r->arena, map->file, o->password_file);
    return o->key_file && check_targets(r, doc_get(map, "to"), o) && check_tls(r, map, o);
}

/* --- files --- */

/* The octets of a small file without the spaces around them; false after telling why not. */
static bool read_secret(const struct doc_node *node, const char *key, const char *path, char *out,
                        size_t room, struct bytes *text, struct problems *problems) {
    struct stat st = {0};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ssize_t n = fd >= 0 && fstat(fd, &st) == 0 ? read(fd, out, room) : -1;
    int reason = errno;
    if (fd >= 0)
        close(fd);
    if (n < 0)
        return problem_error(problems, node->file, node->line,
                             "%s: %s cannot be read: %s; check the path and its permissions", key, path,
                             strerror(reason));
    if (st.st_mode & (S_IRWXG | S_IRWXO))
        problem_warning(problems, node->file, node->line,
                        "%s: others than its owner may read %s; run chmod 600 on it", key, path);
    *text = bytes_trim(bytes_of(out, (size_t)n));
    return true;
}

static bool parse_key(struct bytes text, struct fleet_secret *out) {
    uint8_t key[FLEET_KEY_OCTETS];
    if (text.n != 2 * sizeof key)
        return false;
    for (size_t i = 0; i < sizeof key; i++) {
        int high = hex_value(text.p[2 * i]), low = hex_value(text.p[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        key[i] = (uint8_t)(high << 4 | low);
    }
    return secret_derive(key, out);
}

bool fleet_read_files(const struct doc_node *map, struct fleet_options *o, struct problems *problems) {
    char room[512];
    struct bytes text;
    const struct doc_node *key = doc_get(map, "key"), *password = doc_get(map, "password");
    if (!key || !o->key_file)
        return true;
    if (!read_secret(key, "key", o->key_file, room, sizeof room, &text, problems))
        return false;
    o->keyed = parse_key(text, &o->secret);
    if (!o->keyed)
        return problem_error(problems, key->file, key->line,
                             "key: %s does not hold %d hexadecimal digits; make it with openssl rand -hex %d",
                             o->key_file, 2 * FLEET_KEY_OCTETS, FLEET_KEY_OCTETS);
    if (!password)
        return true;
    if (!read_secret(password, "password", o->password_file, room, sizeof room, &text, problems))
        return false;
    if (text.n == 0 || text.n >= sizeof o->password)
        return problem_error(problems, password->file, password->line,
                             "password: %s does not hold 1 to %d octets; write the password into it alone",
                             o->password_file, FLEET_PASSWORD_MAX - 1);
    memcpy(o->password, text.p, text.n);
    o->password[text.n] = '\0';
    return true;
}
