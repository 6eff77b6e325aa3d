/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/postgresql/postgresql_session.h"

#include "base/counter.h"

/* Who chooses two names of one digest confuses two statements of his own (FNV-1a). */
static uint64_t digest_name(struct bytes name) {
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < name.n; i++)
        h = (h ^ name.p[i]) * 0x100000001b3u;
    return h;
}

struct pg_statement *pg_find_statement(struct postgresql *g, struct bytes name) {
    uint64_t digest = digest_name(name);
    for (unsigned i = 0; i < PG_STATEMENTS; i++)
        if (g->prepared[i].used && g->prepared[i].name == digest)
            return &g->prepared[i];
    return NULL;
}

static struct pg_statement *find_place(struct postgresql *g) {
    for (unsigned i = 0; i < PG_STATEMENTS; i++)
        if (!g->prepared[i].used)
            return &g->prepared[i];
    counter_one(COUNTER_SQL_STATEMENTS_SHED);
    struct pg_statement *p = &g->prepared[g->next];
    g->next = (g->next + 1) % PG_STATEMENTS;
    return p;
}

struct pg_statement *pg_prepare(struct postgresql *g, struct bytes name) {
    struct pg_statement *p = pg_find_statement(g, name);
    if (!p)
        p = find_place(g);
    columns_clear(&p->columns);
    p->used = true;
    p->name = digest_name(name);
    p->table_n = 0;
    p->asks = false;
    return p;
}

void pg_forget_statements(struct postgresql *g) {
    for (unsigned i = 0; i < PG_STATEMENTS; i++)
        columns_finish(&g->prepared[i].columns);
}
