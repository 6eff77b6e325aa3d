/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/nfs/nfs_session.h"

/* The operations of a compound stand behind each other without a length: to find one, all before it must be
 * known. What each is followed by (RFC 7531, RFC 5662), a letter a field:
 *
 *   u  four octets          h  eight octets       s  a state or session, 16 octets
 *   o  opaque or a text     b  a bitmap           f  attributes: a bitmap and an opaque
 *   c  change_info4         S  a list of states   O  open's arguments, or its result
 *   L  lock's arguments     T  create's arguments N  SECINFO's list
 *
 * An operation without a row is not understood, nor is what follows it. */

struct operation {
    const char *arguments, *result;
};

static const struct operation operations[] = {
    [3] = {"u", "uu"}, /* ACCESS */
    [NFS4_CLOSE] = {"us", "s"},
    [NFS4_COMMIT] = {"hu", "h"},
    [NFS4_CREATE] = {"Tof", "cb"},
    [7] = {"h", ""}, /* DELEGPURGE */
    [8] = {"s", ""}, /* DELEGRETURN */
    [NFS4_GETATTR] = {"b", "f"},
    [NFS4_GETFH] = {"", "o"},
    [11] = {"o", "c"},     /* LINK */
    [12] = {"L", "s"},     /* LOCK */
    [13] = {"uhhho", ""},  /* LOCKT */
    [14] = {"uushh", "s"}, /* LOCKU */
    [NFS4_LOOKUP] = {"o", ""},
    [NFS4_LOOKUPP] = {"", ""},
    [17] = {"f", ""}, /* NVERIFY */
    [NFS4_OPEN] = {"O", "O"},
    [19] = {"u", ""},     /* OPENATTR */
    [20] = {"su", "s"},   /* OPEN_CONFIRM */
    [21] = {"suuu", "s"}, /* OPEN_DOWNGRADE */
    [NFS4_PUTFH] = {"o", ""},
    [NFS4_PUTPUBFH] = {"", ""},
    [NFS4_PUTROOTFH] = {"", ""},
    [NFS4_READ] = {"shu", "uu"},     /* its content follows */
    [NFS4_READDIR] = {"hhuub", "h"}, /* entries follow */
    [27] = {"", "o"},                /* READLINK */
    [28] = {"o", "c"},               /* REMOVE */
    [NFS4_RENAME] = {"oo", "cc"},
    [30] = {"h", ""}, /* RENEW */
    [NFS4_RESTOREFH] = {"", ""},
    [NFS4_SAVEFH] = {"", ""},
    [33] = {"o", "N"}, /* SECINFO */
    [NFS4_SETATTR] = {"sf", "b"},
    [35] = {"houoou", "hh"},          /* SETCLIENTID */
    [36] = {"hh", ""},                /* SETCLIENTID_CONFIRM */
    [37] = {"f", ""},                 /* VERIFY */
    [NFS4_WRITE] = {"shuu", "uuh"},   /* its content follows the arguments */
    [39] = {"ho", ""},                /* RELEASE_LOCKOWNER */
    [41] = {"suu", "suu"},            /* BIND_CONN_TO_SESSION */
    [44] = {"s", ""},                 /* DESTROY_SESSION */
    [45] = {"s", ""},                 /* FREE_STATEID */
    [50] = {"uuuhhhsu", NULL},        /* LAYOUTGET */
    [52] = {"u", "N"},                /* SECINFO_NO_NAME */
    [53] = {"suuuu", "suuuuu"},       /* SEQUENCE */
    [55] = {"S", "B"},                /* TEST_STATEID */
    [57] = {"h", ""},                 /* DESTROY_CLIENTID */
    [58] = {"u", ""},                 /* RECLAIM_COMPLETE */
    [59] = {"shh", ""},               /* ALLOCATE */
    [62] = {"shh", ""},               /* DEALLOCATE */
    [63] = {"shhb", "b"},             /* IO_ADVISE */
    [NFS4_READ_PLUS] = {"shu", "uu"}, /* its segments follow */
    [69] = {"shu", "uh"},             /* SEEK */
};

enum { OPAQUE_MOST = NFS_HELD_MAX, LIST_MOST = 64 };

static bool skip_opaque(struct reader *r) {
    struct bytes unused;
    return xdr_opaque(r, OPAQUE_MOST, &unused);
}

/* Up to four words are kept. */
static bool read_bitmap(struct reader *r, uint32_t words[4]) {
    uint32_t n, word;
    if (!reader_u32(r, &n) || n > LIST_MOST)
        return false;
    for (uint32_t i = 0; i < n; i++) {
        if (!reader_u32(r, &word))
            return false;
        if (words && i < 4)
            words[i] = word;
    }
    return true;
}

/* --- attributes (RFC 7530 section 5.8) --- */

/* Those up to the handle, a letter each as above; behind one without a letter nothing is found. */
static const char attribute[] = "buuhhuuusuuu.uuuuuuo";
enum { ATTRIBUTE_SIZE = 4, ATTRIBUTE_HANDLE = 19 };

static bool skip_field(char letter, struct reader *r) {
    switch (letter) {
    case 'u':
        return reader_skip(r, 4);
    case 'h':
        return reader_skip(r, 8);
    case 's':
        return reader_skip(r, 16);
    case 'b':
        return read_bitmap(r, NULL);
    case 'o':
        return skip_opaque(r);
    default:
        return false;
    }
}

static void find_attributes(uint32_t bits, struct bytes values, struct nfs4_values *v) {
    struct reader r = reader_of(values.p, values.n);
    for (unsigned i = 0; i < sizeof attribute - 1; i++) {
        if (!(bits >> i & 1))
            continue;
        if (i == ATTRIBUTE_SIZE)
            v->sized = xdr_u64(&r, &v->size);
        else if (i == ATTRIBUTE_HANDLE)
            xdr_opaque(&r, NFS_HANDLE_MAX, &v->handle);
        else if (!skip_field(attribute[i], &r))
            return;
    }
}

static bool read_attributes(struct reader *r, struct nfs4_values *v) {
    uint32_t words[4] = {0};
    struct bytes values;
    if (!read_bitmap(r, words) || !xdr_opaque(r, OPAQUE_MOST, &values))
        return false;
    find_attributes(words[0], values, v);
    return true;
}

/* --- operations whose form depends on what they say --- */

static bool read_open_how(struct reader *r, struct nfs4_values *v) {
    enum { UNCHECKED, GUARDED, EXCLUSIVE, EXCLUSIVE_WITH };
    uint32_t makes, mode;
    if (!reader_u32(r, &makes))
        return false;
    v->opens_file = makes;
    if (!makes)
        return true;
    if (!reader_u32(r, &mode))
        return false;
    if (mode >= EXCLUSIVE && !reader_skip(r, 8))
        return false;
    return mode == EXCLUSIVE || read_attributes(r, v);
}

static bool read_open(struct reader *r, struct nfs4_values *v) {
    enum { BY_NAME, BEFORE, DELEGATED, DELEGATED_BEFORE, BY_HANDLE, DELEGATED_HANDLE };
    uint32_t claim;
    if (!reader_skip(r, 3 * 4 + 8) || !skip_opaque(r) || !read_open_how(r, v) || !reader_u32(r, &claim))
        return false;
    if (claim == BEFORE)
        return reader_skip(r, 4);
    if ((claim == DELEGATED || claim == DELEGATED_HANDLE) && !reader_skip(r, 16))
        return false;
    bool named = claim == BY_NAME || claim == DELEGATED || claim == DELEGATED_BEFORE;
    return !named || xdr_opaque(r, OPAQUE_MOST, &v->text);
}

static bool skip_ace(struct reader *r) {
    return reader_skip(r, 12) && skip_opaque(r);
}

static bool skip_delegation(struct reader *r) {
    enum { NONE, READ, WRITE, NONE_BECAUSE };
    uint32_t type, by;
    if (!reader_u32(r, &type))
        return false;
    if (type == READ)
        return reader_skip(r, 20) && skip_ace(r);
    if (type == WRITE)
        return reader_skip(r, 20) && reader_u32(r, &by) && reader_skip(r, 8) && skip_ace(r);
    if (type == NONE_BECAUSE) /* contention and resources say more */
        return reader_u32(r, &by) && (by != 1 && by != 2 ? true : reader_skip(r, 4));
    return true;
}

static bool skip_opened(struct reader *r) {
    return reader_skip(r, 16 + 20 + 4) && read_bitmap(r, NULL) && skip_delegation(r);
}

static bool skip_lock(struct reader *r) {
    uint32_t made;
    if (!reader_skip(r, 24) || !reader_u32(r, &made))
        return false;
    return made ? reader_skip(r, 4 + 16 + 4 + 8) && skip_opaque(r) : reader_skip(r, 16 + 4);
}

/* The kind of what is made: links and devices say more. */
static bool skip_kind(struct reader *r) {
    enum { BLOCKS = 3, SIGNS = 4, LINK = 5 };
    uint32_t kind;
    if (!reader_u32(r, &kind))
        return false;
    if (kind == LINK)
        return skip_opaque(r);
    return (kind != BLOCKS && kind != SIGNS) || reader_skip(r, 8);
}

static bool skip_flavors(struct reader *r) {
    enum { GSS = 6 };
    uint32_t n, flavor;
    if (!reader_u32(r, &n) || n > LIST_MOST)
        return false;
    while (n-- > 0)
        if (!reader_u32(r, &flavor) || (flavor == GSS && (!skip_opaque(r) || !reader_skip(r, 8))))
            return false;
    return true;
}

static bool skip_list(struct reader *r, size_t each) {
    uint32_t n;
    return reader_u32(r, &n) && n <= LIST_MOST && reader_skip(r, n * each);
}

/* --- all --- */

static bool read_field(char letter, bool result, struct reader *r, struct nfs4_values *v) {
    switch (letter) {
    case 'h':
        return v->number ? reader_skip(r, 8) : xdr_u64(r, &v->number);
    case 'o':
        return xdr_opaque(r, OPAQUE_MOST, v->text.n ? &v->second : &v->text);
    case 'f':
        return read_attributes(r, v);
    case 'c':
        return reader_skip(r, 20);
    case 'S':
        return skip_list(r, 16);
    case 'B':
        return skip_list(r, 4);
    case 'O':
        return result ? skip_opened(r) : read_open(r, v);
    case 'L':
        return skip_lock(r);
    case 'T':
        return skip_kind(r);
    case 'N':
        return skip_flavors(r);
    default:
        return skip_field(letter, r);
    }
}

static bool read_fields(const char *letters, bool result, struct reader *r, struct nfs4_values *v,
                        bool *known) {
    *v = (struct nfs4_values){.number = 0};
    *known = letters != NULL;
    for (; letters && *letters; letters++)
        if (!read_field(*letters, result, r, v))
            return false;
    return true;
}

static const struct operation *find_operation(uint32_t number) {
    static const struct operation none;
    return number < sizeof operations / sizeof *operations ? &operations[number] : &none;
}

bool nfs4_read_arguments(uint32_t operation, struct reader *r, struct nfs4_values *v, bool *known) {
    return read_fields(find_operation(operation)->arguments, false, r, v, known);
}

bool nfs4_read_result(uint32_t operation, struct reader *r, struct nfs4_values *v, bool *known) {
    return read_fields(find_operation(operation)->result, true, r, v, known);
}

bool nfs4_read_entry(struct reader *r, struct bytes *name, struct nfs4_values *v, bool *more) {
    uint32_t follows;
    *v = (struct nfs4_values){.number = 0};
    if (!reader_u32(r, &follows))
        return false;
    *more = follows;
    if (!follows)
        return reader_skip(r, 4); /* whether that was all */
    return reader_skip(r, 8) && xdr_opaque(r, NFS_NAME_MAX, name) && read_attributes(r, v);
}
