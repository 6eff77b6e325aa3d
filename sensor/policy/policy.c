/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/policy.h"

#include "policy/contracts.h"
#include "policy/domains.h"
#include "policy/flow_class.h"
#include "policy/networks.h"
#include "policy/overlaps.h"
#include "policy/prefixes.h"
#include "policy/target.h"

#include <stdlib.h>

struct policy {
    struct networks networks, announced, relays, readers;
    const struct image_network *images;
    const struct partner *partners, *reader; /* `reader_count` of the latter */
    const struct domain *domains, *quiet, *own;
    const struct network_entry *entries; /* as configured, for people; sorted */
    size_t entry_count;
    size_t image_count, partner_count, domain_count, quiet_count, own_count, reader_count;
    bool canaries; /* a rule looks for them */
    bool has_relays;
};

/* --- Reading --- */

bool loading_grow(struct loading *l, void *array, size_t *room, size_t count, size_t size) {
    void **pointer = array;
    if (count < *room)
        return true;
    size_t more = *room ? *room * 2 : 64;
    void *grown = reallocarray(*pointer, more, size);
    if (!grown)
        return problem_error(l->problems, NULL, 0, "no memory for the configuration");
    *pointer = grown;
    *room = more;
    return true;
}

bool loading_name(struct setting_reader *r, const struct doc_node *node, const char *kind, const char *name) {
    struct loading *l = r->context;
    if (!*name || strlen(name) > NAME_MAX_BYTES)
        return setting_error(r, node, "the name of a %s must have 1 to %d bytes; shorten it", kind,
                             NAME_MAX_BYTES);
    if (!loading_grow(l, &l->names, &l->name_room, l->name_count, sizeof *l->names))
        return false;
    l->names[l->name_count++] =
        (struct known_name){.kind = kind, .name = name, .line = node->line, .file = node->file};
    return true;
}

static int compare_names(const void *a, const void *b) {
    const struct known_name *x = a, *y = b;
    int order = strcmp(x->kind, y->kind);
    if (order == 0)
        order = strcmp(x->name, y->name);
    return order ? order : x->line - y->line;
}

static void check_names(struct loading *l) {
    if (l->name_count)
        qsort(l->names, l->name_count, sizeof *l->names, compare_names);
    for (size_t i = 1; i < l->name_count; i++) {
        const struct known_name *a = &l->names[i - 1], *b = &l->names[i];
        if (strcmp(a->kind, b->kind) == 0 && strcmp(a->name, b->name) == 0)
            problem_error(l->problems, b->file, b->line,
                          "%s: there is another %s of this name in line %d; give each its own", b->name,
                          b->kind, a->line);
    }
}

/* Contracts and names of readers are one with those of partners. */
static void join_names(struct loading *l, const struct loading *readers) {
    for (size_t i = 0; i < readers->name_count; i++)
        if (loading_grow(l, &l->names, &l->name_room, l->name_count, sizeof *l->names))
            l->names[l->name_count++] = readers->names[i];
}

/* An image network or partner while it is read: readers of single keys find what was read before them. */
struct owner {
    const char *name;
    uint32_t value; /* its place, as the trie has it */
    struct partner partner;
    bool prefixes;
};

static bool read_prefixes(struct setting_reader *r, const struct doc_node *node, void *field) {
    struct owner *o = field;
    o->prefixes = true;
    return prefixes_read(r, node, o->value, o->name);
}

static bool read_prefixes_file(struct setting_reader *r, const struct doc_node *node, void *field) {
    struct owner *o = field;
    o->prefixes = true;
    return prefixes_read_file(r, node, o->value, o->name);
}

static bool read_contracts(struct setting_reader *r, const struct doc_node *node, void *field) {
    return contracts_read(r, node, &((struct owner *)field)->partner);
}

static bool read_domain(struct setting_reader *r, const struct doc_node *item, uint32_t partner) {
    struct loading *l = r->context;
    char name[DOMAIN_MAX + 1];
    const char *why;
    struct domain d = {.partner = partner, .line = item->line, .file = item->file};
    if (item->kind != DOC_TEXT)
        return setting_error(r, item, "is not a name; write example.org or *.example.org");
    if (!domain_parse(item->text, name, &d.below, &why))
        return setting_error(r, item, "\"%.80s\" %s", item->text, why);
    d.name = arena_text(r->arena, name, strlen(name));
    if (!d.name || !loading_grow(l, &l->domains, &l->domain_room, l->domain_count, sizeof d))
        return false;
    l->domains[l->domain_count++] = d;
    return true;
}

static bool read_domains(struct setting_reader *r, const struct doc_node *node, void *field) {
    struct owner *o = field;
    uint32_t index = o->value & ((1u << PLACE_KIND_SHIFT) - 1);
    bool ok = setting_texts(r, node, &o->partner.domains);
    if (node->kind == DOC_TEXT)
        return ok && read_domain(r, node, index);
    for (const struct doc_node *item = node->child; ok && item; item = item->next)
        ok = read_domain(r, item, index);
    return ok;
}

const struct setting image_network_settings[] = {
    {.key = "name",
     .type = SETTING_TEXT,
     .offset = offsetof(struct owner, name),
     .required = true,
     .help = "what alerts call it"},
    {.key = "prefixes",
     .type = SETTING_CUSTOM,
     .read = read_prefixes,
     .required = true,
     .help = "list of prefixes"},
    {0},
};

/* The readers of prefixes, domains and contracts take the whole owner (offset 0). */
const struct setting partner_settings[] = {
    {.key = "name",
     .type = SETTING_TEXT,
     .offset = offsetof(struct owner, name),
     .required = true,
     .help = "what alerts call it"},
    {.key = "prefixes", .type = SETTING_CUSTOM, .read = read_prefixes, .help = "list of prefixes"},
    {.key = "prefixes-file",
     .type = SETTING_CUSTOM,
     .read = read_prefixes_file,
     .help = "file with one prefix a line"},
    {.key = "domains", .type = SETTING_CUSTOM, .read = read_domains, .help = "names of its servers"},
    {.key = "contracts",
     .type = SETTING_CUSTOM,
     .read = read_contracts,
     .table = contract_settings,
     .help = "list of contracts"},
    {0},
};

const struct setting reader_settings[] = {
    {.key = "name",
     .type = SETTING_TEXT,
     .offset = offsetof(struct owner, name),
     .required = true,
     .help = "what alerts call it"},
    {.key = "prefixes",
     .type = SETTING_CUSTOM,
     .read = read_prefixes,
     .required = true,
     .help = "list of prefixes"},
    {.key = "contracts",
     .type = SETTING_CUSTOM,
     .read = read_contracts,
     .table = contract_settings,
     .help = "list of contracts"},
    {0},
};

static uint32_t place_value(enum place_kind kind, size_t index) {
    return (uint32_t)kind << PLACE_KIND_SHIFT | (uint32_t)index;
}

/* A list under `key`; NULL and *count 0 when it is not there or no list (told). */
static const struct doc_node *list_of(struct setting_reader *r, const struct doc_node *root, const char *key,
                                      size_t *count) {
    const struct doc_node *list = doc_get(root, key);
    *count = 0;
    if (list && list->kind != DOC_LIST) {
        setting_error(r, list, "must be a list; write its entries in lines that begin with a hyphen");
        return NULL;
    }
    *count = list ? list->children : 0;
    return list;
}

static void read_images(struct setting_reader *r, const struct doc_node *root, struct policy *p) {
    const struct doc_node *list = list_of(r, root, "image-networks", &p->image_count);
    struct image_network *images = arena_array(r->arena, p->image_count + 1, sizeof *images);
    const struct doc_node *item = list ? list->child : NULL;
    for (size_t i = 0; images && item; i++, item = item->next) {
        struct owner o = {.value = place_value(PLACE_IMAGE, i)};
        if (setting_read(r, item, image_network_settings, &o))
            loading_name(r, doc_get(item, "name"), "image network", o.name);
        images[i] = (struct image_network){
            .name = o.name, .file = arena_text(r->arena, item->file, strlen(item->file)), .line = item->line};
    }
    p->images = images;
}

/* Hosts that are nobody's are called by their prefix: whoever reads "203.0.113.0/24" is to know what that is.
 */
static bool check_partner_name(struct setting_reader *r, const struct doc_node *node, const char *name) {
    struct prefix prefix;
    const char *why;
    if (target_is_group(bytes_text(name)))
        return setting_error(r, node, "\"%s\" ends like the name of a stranger; name the partner by a word",
                             name);
    return !prefix_parse(name, &prefix, &why) ||
           setting_error(r, node, "\"%s\" is an address or prefix; name the partner by a word", name);
}

static struct partner read_partner(struct setting_reader *r, const struct doc_node *item, size_t index) {
    struct owner o = {.value = place_value(PLACE_PARTNER, index)};
    if (setting_read(r, item, partner_settings, &o)) {
        const struct doc_node *name = doc_get(item, "name");
        if (loading_name(r, name, "partner", o.name))
            check_partner_name(r, name, o.name);
        if (!o.prefixes && o.partner.domains.count == 0)
            setting_error(r, item, "partner %s has neither prefixes nor domains; add what it is known by",
                          o.name);
    }
    o.partner.name = o.name;
    o.partner.line = item->line;
    o.partner.file = arena_text(r->arena, item->file, strlen(item->file));
    return o.partner;
}

static void read_partners(struct setting_reader *r, const struct doc_node *root, struct policy *p) {
    const struct doc_node *list = list_of(r, root, "partners", &p->partner_count);
    struct partner *partners = arena_array(r->arena, p->partner_count + 1, sizeof *partners);
    const struct doc_node *item = list ? list->child : NULL;
    for (size_t i = 0; partners && item; i++, item = item->next)
        partners[i] = read_partner(r, item, i);
    p->partners = partners;
}

static void read_internal(struct setting_reader *r, const struct doc_node *root) {
    const struct doc_node *node = doc_get(root, "internal-networks");
    if (node)
        prefixes_read(r, node, place_value(PLACE_INTERNAL, 0), NULL);
}

/* --- Joining --- */

/* Files of the document end before the policy. */
static bool join_entries(struct policy *p, const struct loading *l, size_t kept) {
    struct network_entry *entries = arena_array(l->arena, kept + 1, sizeof *entries);
    const char *last = NULL, *copy = NULL;
    for (size_t i = 0; entries && i < kept; i++) {
        entries[i] = l->entries[i];
        if (entries[i].file != last || !copy) {
            last = entries[i].file;
            copy = arena_text(l->arena, last, strlen(last));
        }
        entries[i].file = copy;
    }
    p->entries = entries;
    p->entry_count = kept;
    return entries != NULL;
}

static bool join_domains(struct loading *l, const struct domain **out, size_t *count) {
    *count = domains_check(l->domains, l->domain_count, l->problems);
    struct domain *domains = arena_array(l->arena, *count + 1, sizeof *domains);
    if (!domains)
        return false;
    if (*count)
        memcpy(domains, l->domains, *count * sizeof *domains);
    for (size_t i = 0; i < *count; i++) {
        bool same = i && l->domains[i].file == l->domains[i - 1].file;
        domains[i].file =
            same ? domains[i - 1].file : arena_text(l->arena, l->domains[i].file, strlen(l->domains[i].file));
    }
    *out = domains;
    return true;
}

static bool is_everybody(const struct network_entry *e) {
    return e->prefix.length == (address_is_v4(&e->prefix.base) ? MAPPED_BITS : 0);
}

static bool is_same(const struct network_entry *a, const struct network_entry *b) {
    return a->prefix.length == b->prefix.length && address_equal(&a->prefix.base, &b->prefix.base);
}

/* A reader stands inside, and is one of them. */
static bool join_readers(struct policy *p, struct loading *l) {
    bool ok = true;
    size_t kept = 0;
    if (l->entry_count)
        networks_sort(l->entries, l->entry_count);
    for (size_t i = 0; i < l->entry_count; i++) {
        const struct network_entry *e = &l->entries[i], *last = kept ? &l->entries[kept - 1] : NULL;
        struct place place = policy_place(p, &e->prefix.base);
        bool same = last && is_same(last, e);
        if (place.kind == PLACE_PARTNER || place.kind == PLACE_UNKNOWN)
            ok = problem_error(
                l->problems, e->file, e->line,
                "readers: the network of %s is in neither internal-networks nor image-networks; readers "
                "stand inside, so add it there, or make it a partner",
                e->owner);
        if (same && last->value != e->value)
            ok = problem_error(
                l->problems, e->file, e->line,
                "readers: this prefix belongs to %s too, in line %d; remove it from one of them", last->owner,
                last->line);
        if (!same)
            l->entries[kept++] = *e;
    }
    return networks_build(&p->readers, l->entries, kept, l->arena) && ok;
}

static bool join_parts(struct policy *p, struct loading *l) {
    check_names(l);
    networks_sort(l->entries, l->entry_count);
    size_t kept = overlaps_check(l->entries, l->entry_count, l->problems);
    return join_domains(l, &p->domains, &p->domain_count) && join_entries(p, l, kept) &&
           networks_build(&p->networks, l->entries, kept, l->arena);
}

/* Names that belong to no partner, out of the list at `node`. */
static bool read_names(const struct setting_reader *policy, const struct doc_node *node,
                       const struct domain **out, size_t *count) {
    struct loading q = {.arena = policy->arena, .problems = policy->problems};
    struct setting_reader r = {.arena = q.arena, .problems = q.problems, .context = &q};
    bool ok = !node || node->kind != DOC_TEXT || read_domain(&r, node, 0);
    if (node && node->kind == DOC_MAP)
        ok = setting_error(&r, node, "is a map where a list of names belongs; write [example.org, ...]");
    for (const struct doc_node *item = node ? node->child : NULL; ok && item; item = item->next)
        ok = read_domain(&r, item, 0);
    ok = join_domains(&q, out, count) && ok;
    free(q.domains);
    return ok;
}

/* An entry of `readers`: named like no partner, since incidents and the ledger are told apart by names. */
static struct partner read_reader(struct setting_reader *r, const struct doc_node *item, size_t index) {
    struct owner o = {.value = place_value(PLACE_READER, index)};
    if (setting_read(r, item, reader_settings, &o)) {
        const struct doc_node *name = doc_get(item, "name");
        if (loading_name(r, name, "partner", o.name))
            check_partner_name(r, name, o.name);
    }
    o.partner.name = o.name;
    o.partner.line = item->line;
    o.partner.file = arena_text(r->arena, item->file, strlen(item->file));
    return o.partner;
}

/* Into `readers`, whose entries stay apart: the same prefix may be an image or internal network. */
static void read_readers(const struct setting_reader *policy, const struct doc_node *root, struct policy *p,
                         struct loading *readers) {
    struct setting_reader r = *policy;
    r.context = readers;
    const struct doc_node *list = list_of(&r, root, "readers", &p->reader_count);
    struct partner *reader = arena_array(r.arena, p->reader_count + 1, sizeof *reader);
    const struct doc_node *item = list ? list->child : NULL;
    for (size_t i = 0; reader && item; i++, item = item->next)
        reader[i] = read_reader(&r, item, i);
    p->reader = reader;
}

static bool read_own_names(const struct setting_reader *policy, const struct doc_node *root,
                           struct policy *p) {
    const struct doc_node *flows = doc_get(root, "flows");
    const struct doc_node *quiet = flows && flows->kind == DOC_MAP ? doc_get(flows, "quiet-names") : NULL;
    return read_names(policy, quiet, &p->quiet, &p->quiet_count) &&
           read_names(policy, doc_get(root, "internal-domains"), &p->own, &p->own_count);
}

/* What routers announce to each other may name a prefix twice, and a default route, which names nobody. */
static size_t keep_announced(struct loading *a, const char *file) {
    size_t kept = 0;
    for (size_t i = 0; i < a->entry_count; i++) {
        struct network_entry *e = &a->entries[i], *last = kept ? &a->entries[kept - 1] : NULL;
        if (is_everybody(e))
            problem_warning(a->problems, file, e->line,
                            "announced-prefixes: a default route is nobody's; it is left out");
        if (is_everybody(e) || (last && is_same(last, e)))
            continue;
        e->value = e->prefix.length;
        a->entries[kept++] = *e;
    }
    return kept;
}

/* What may be said of each is judged by the networks, so these are built. */
static bool check_relay(struct loading *l, const struct policy *p, const struct network_entry *e) {
    struct place place = policy_place(p, &e->prefix.base);
    if (is_everybody(e))
        return problem_error(l->problems, e->file, e->line,
                             "relays: this prefix is everybody's; write the addresses of the relays");
    if (place.kind == PLACE_PARTNER)
        return problem_error(l->problems, e->file, e->line,
                             "relays: this address belongs to partner %s; relays stand inside, so remove it",
                             p->partners[place.index].name);
    return true;
}

static bool read_relays(const struct setting_reader *policy, const struct doc_node *root, struct policy *p) {
    struct loading l = {.arena = policy->arena, .problems = policy->problems};
    struct setting_reader r = {.arena = l.arena, .problems = l.problems, .context = &l};
    const struct doc_node *node = doc_get(root, "relays");
    bool ok = !node || prefixes_read(&r, node, place_value(PLACE_RELAY, 0), NULL);
    size_t kept = 0;
    if (l.entry_count)
        networks_sort(l.entries, l.entry_count);
    for (size_t i = 0; i < l.entry_count; i++) {
        ok = check_relay(&l, p, &l.entries[i]) && ok;
        if (kept == 0 || !is_same(&l.entries[kept - 1], &l.entries[i]))
            l.entries[kept++] = l.entries[i];
    }
    p->has_relays = kept > 0;
    ok = networks_build(&p->relays, l.entries, kept, l.arena) && ok;
    free(l.entries);
    return ok;
}

/* Whose the networks of unknown hosts are, as routers see it. Not kept as entries: only the length of a
 * prefix is asked for. */
static bool read_announced(const struct setting_reader *policy, const struct doc_node *root,
                           struct policy *p) {
    struct loading a = {.arena = policy->arena, .problems = policy->problems};
    struct setting_reader r = {.arena = a.arena, .problems = a.problems, .context = &a};
    const struct doc_node *node = doc_get(root, "announced-prefixes");
    bool ok = !node || prefixes_read_file(&r, node, 0, NULL);
    size_t kept = 0;
    if (a.entry_count) {
        networks_sort(a.entries, a.entry_count);
        kept = keep_announced(&a, a.entries[0].file);
    }
    ok = networks_build(&p->announced, a.entries, kept, a.arena) && ok;
    free(a.entries);
    return ok;
}

static bool has_canaries(const char *const *classes) {
    for (; classes && *classes; classes++)
        if (strcmp(*classes, CLASS_CANARY) == 0)
            return true;
    return false;
}

const struct policy *policy_load(const struct doc_node *root, struct arena *arena, struct problems *problems,
                                 const char *const *classes, bool (*protocol_known)(const char *name)) {
    size_t errors = problems->errors;
    struct loading l = {.arena = arena,
                        .problems = problems,
                        .classes = classes,
                        .protocol_known = protocol_known,
                        .zones = ZONE_FOLDER,
                        .today = (int32_t)(clock_wall() / (86400 * NS_PER_S))};
    struct loading readers = l;
    struct setting_reader r = {.arena = arena, .problems = problems, .context = &l};
    struct policy *p = arena_alloc(arena, sizeof *p);
    bool ok = p != NULL;
    if (ok) {
        p->canaries = has_canaries(classes);
        read_images(&r, root, p);
        read_internal(&r, root);
        read_partners(&r, root, p);
        read_readers(&r, root, p, &readers);
        join_names(&l, &readers);
        ok = join_parts(p, &l) && join_readers(p, &readers) && read_announced(&r, root, p) &&
             read_own_names(&r, root, p) && read_relays(&r, root, p);
    }
    if ((!ok || arena->failed) && problems->errors == errors)
        problem_error(problems, root ? root->file : NULL, 0,
                      "no memory for the networks and partners; list fewer");
    free(readers.entries);
    free(readers.names);
    free(l.entries);
    free(l.domains);
    free(l.names);
    return problems->errors == errors ? p : NULL;
}

/* --- Asking --- */

/* What goes to a translator is judged by where it goes from there, unless the configuration knows the address
 * itself. */
static uint32_t find_through(const struct networks *networks, const struct address *a) {
    struct address behind;
    uint32_t value = networks_find(networks, a);
    return value || !address_translated(a, &behind) ? value : networks_find(networks, &behind);
}

struct place policy_place(const struct policy *p, const struct address *a) {
    uint32_t value = find_through(&p->networks, a);
    return (struct place){(enum place_kind)(value >> PLACE_KIND_SHIFT),
                          value & ((1u << PLACE_KIND_SHIFT) - 1)};
}

uint8_t policy_announced(const struct policy *p, const struct address *a) {
    return (uint8_t)find_through(&p->announced, a);
}

const struct network_entry *policy_entries(const struct policy *p, size_t *count) {
    *count = p->entry_count;
    return p->entries;
}

const struct network_entry *policy_entry(const struct policy *p, const struct address *a) {
    const struct network_entry *best = NULL;
    for (size_t i = 0; i < p->entry_count; i++)
        if (prefix_contains(&p->entries[i].prefix, a)) /* the wider first */
            best = &p->entries[i];
    return best;
}

const struct domain *policy_domain(const struct policy *p, struct bytes host) {
    return domains_find(p->domains, p->domain_count, host);
}

const struct image_network *policy_image_network(const struct policy *p, uint32_t index) {
    return index < p->image_count ? &p->images[index] : NULL;
}

const struct partner *policy_partner(const struct policy *p, uint32_t index) {
    return index < p->partner_count ? &p->partners[index] : NULL;
}

size_t policy_image_networks(const struct policy *p) {
    return p->image_count;
}

size_t policy_partners(const struct policy *p) {
    return p->partner_count;
}

bool policy_seeks_canaries(const struct policy *p) {
    return p->canaries;
}

size_t policy_receivers(const struct policy *p) {
    return p->partner_count + p->reader_count;
}

const struct partner *policy_receiver(const struct policy *p, uint32_t index) {
    return index < p->partner_count ? &p->partners[index] : &p->reader[index - p->partner_count];
}

bool policy_has_readers(const struct policy *p) {
    return p->reader_count > 0;
}

const struct partner *policy_reader_at(const struct policy *p, const struct address *a) {
    uint32_t value = p->reader_count ? find_through(&p->readers, a) : 0;
    return value ? &p->reader[value & ((1u << PLACE_KIND_SHIFT) - 1)] : NULL;
}

bool policy_matters(const struct policy *p, const struct address *source, const struct address *destination) {
    if (policy_place(p, source).kind != PLACE_IMAGE)
        return false;
    if (p->reader_count)
        return !address_equal(source, destination);
    enum place_kind to = policy_place(p, destination).kind;
    return (to != PLACE_IMAGE && to != PLACE_INTERNAL) || policy_relays(p, destination);
}

bool policy_relays(const struct policy *p, const struct address *a) {
    return p->has_relays && find_through(&p->relays, a) != 0;
}

bool policy_asks(const struct policy *p, const struct address *source, const struct address *destination) {
    if (!p->has_relays || policy_place(p, source).kind != PLACE_IMAGE)
        return false;
    enum place_kind to = policy_place(p, destination).kind;
    return (to == PLACE_IMAGE || to == PLACE_INTERNAL) && !policy_relays(p, destination);
}

bool policy_owns(const struct policy *p, struct bytes host) {
    return domains_find(p->own, p->own_count, host) != NULL;
}

bool policy_quiet(const struct policy *p, struct bytes host) {
    return domains_find(p->quiet, p->quiet_count, host) != NULL;
}

const struct partner *policy_partner_named(const struct policy *p, struct bytes host) {
    const struct domain *d = policy_domain(p, host);
    return d ? &p->partners[d->partner] : NULL;
}
