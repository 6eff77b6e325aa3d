/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/ssh/said.h"

#include "protocol/memory.h"
#include "protocol/protocol.h"
#include "protocol/ssh/kexinit.h"

void ssh_said_add(struct ssh_said *s, struct bytes more) {
    if (!s->room && !(s->room = protocol_alloc(PROTOCOL_HELD, SSH_SAID_MAX)))
        return;
    size_t room = SSH_SAID_MAX - s->n, n = room < more.n ? room : more.n;
    if (n)
        memcpy(s->room + s->n, more.p, n);
    s->n = (uint16_t)(s->n + n);
}

bool ssh_said_one(const struct ssh_said *s) {
    struct bytes said = bytes_of(s->room, s->n);
    return bytes_starts_nocase(said, "SSH-1.") && !bytes_starts_nocase(said, "SSH-1.99");
}

/* Some pad it with NULs, or end it with LF alone. */
void ssh_said_banner(struct ssh_said *s, struct conversation *c, enum side from) {
    struct bytes facts[FACT_COUNT] = {0};
    size_t n = s->n < SSH_BANNER_TEXT ? s->n : SSH_BANNER_TEXT;
    while (n > 0 && (s->room[n - 1] == '\r' || s->room[n - 1] == '\n' || s->room[n - 1] == '\0'))
        n--;
    facts[from == SIDE_CLIENT ? FACT_SSH_CLIENT : FACT_SSH_SERVER] = bytes_of(s->room, n);
    if (n)
        c->services->tell(c, facts);
    ssh_said_finish(s);
}

void ssh_said_kexinit(struct ssh_said *s, struct conversation *c, enum side from, unsigned padding) {
    struct bytes facts[FACT_COUNT] = {0};
    struct ssh_kexinit kexinit;
    char hassh[HASSH_SIZE];
    bool server = from == SIDE_SERVER;
    if (s->n > padding && ssh_kexinit_read(bytes_of(s->room, s->n - padding), &kexinit) &&
        ssh_hassh(&kexinit, server, hassh)) {
        facts[server ? FACT_SSH_HASSH_SERVER : FACT_SSH_HASSH] = bytes_text(hassh);
        c->services->tell(c, facts);
    }
    ssh_said_finish(s);
}

void ssh_said_finish(struct ssh_said *s) {
    protocol_free(s->room);
    *s = (struct ssh_said){0};
}
