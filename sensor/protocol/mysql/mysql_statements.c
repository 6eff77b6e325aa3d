/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/mysql/mysql_session.h"

#include "base/counter.h"

struct my_statement *my_find_statement(struct mysql *m, uint32_t id) {
    for (unsigned i = 0; i < MY_STATEMENTS; i++)
        if (m->prepared[i].used && m->prepared[i].id == id)
            return &m->prepared[i];
    return NULL;
}

static struct my_statement *find_place(struct mysql *m) {
    for (unsigned i = 0; i < MY_STATEMENTS; i++)
        if (!m->prepared[i].used)
            return &m->prepared[i];
    counter_one(COUNTER_SQL_STATEMENTS_SHED);
    struct my_statement *p = &m->prepared[m->next];
    m->next = (m->next + 1) % MY_STATEMENTS;
    return p;
}

struct my_statement *my_prepare(struct mysql *m, uint32_t id) {
    struct my_statement *p = my_find_statement(m, id);
    if (!p)
        p = find_place(m);
    p->used = true;
    p->id = id;
    memset(p->sent_ahead, 0, sizeof p->sent_ahead);
    columns_clear(&p->types);
    columns_clear(&p->results);
    return p;
}

void my_forget_statement(struct mysql *m, uint32_t id) {
    struct my_statement *p = my_find_statement(m, id);
    if (p)
        p->used = false;
}

void my_forget_statements(struct mysql *m) {
    for (unsigned i = 0; i < MY_STATEMENTS; i++) {
        columns_finish(&m->prepared[i].columns);
        columns_finish(&m->prepared[i].types);
        columns_finish(&m->prepared[i].results);
    }
}
