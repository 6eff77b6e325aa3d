/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/fanout.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sys/socket.h>

/* A small assembler for classic BPF, which has forward jumps only, of 8 bits when conditional, and so no
 * loops: the walk over the headers is written out FANOUT_STEPS times. Register X holds where the header
 * begins. */
enum { LABELS_MAX = 64 * FANOUT_STEPS, JUMPS_MAX = 4096 };

enum slot {
    SLOT_TYPE,
    SLOT_HASH,
    SLOT_A,
    SLOT_B,
    SLOT_PROTOCOL,
    SLOT_NEXT,
    SLOT_WORK
}; /* of the scratch memory */

typedef unsigned label;

struct assembler {
    struct sock_filter *out;
    size_t count, max;
    uint32_t target[LABELS_MAX]; /* instruction that a label stands before */
    label labels;
    struct {
        uint32_t at;
        label to;
    } jumps[JUMPS_MAX];
    size_t jump_count;
    bool failed;
};

static void emit_code(struct assembler *a, uint16_t code, uint32_t k, uint8_t jt, uint8_t jf) {
    if (a->count == a->max) {
        a->failed = true;
        return;
    }
    a->out[a->count++] = (struct sock_filter){code, jt, jf, k};
}

static label new_label(struct assembler *a) {
    if (a->labels == LABELS_MAX) {
        a->failed = true;
        return 0;
    }
    return a->labels++;
}

static void place_label(struct assembler *a, label l) {
    a->target[l] = (uint32_t)a->count;
}

static void jump_to(struct assembler *a, label to) {
    if (a->jump_count == JUMPS_MAX) {
        a->failed = true;
        return;
    }
    a->jumps[a->jump_count].at = (uint32_t)a->count;
    a->jumps[a->jump_count++].to = to;
    emit_code(a, BPF_JMP | BPF_JA, 0, 0, 0);
}

/* A long jump when A compares with k: the condition steps over it otherwise. */
static void jump_if(struct assembler *a, uint16_t comparison, uint32_t k, label to) {
    emit_code(a, BPF_JMP | BPF_K | comparison, k, 0, 1);
    jump_to(a, to);
}

static void jump_unless(struct assembler *a, uint16_t comparison, uint32_t k, label to) {
    emit_code(a, BPF_JMP | BPF_K | comparison, k, 1, 0);
    jump_to(a, to);
}

/* A = 1, 2 or 4 bytes at X + offset. */
static void load_header(struct assembler *a, uint16_t size, uint32_t offset) {
    emit_code(a, BPF_LD | BPF_IND | size, offset, 0, 0);
}

static void apply_constant(struct assembler *a, uint16_t operation, uint32_t k) {
    emit_code(a, BPF_ALU | BPF_K | operation, k, 0, 0);
}

static void apply_x(struct assembler *a, uint16_t operation) {
    emit_code(a, BPF_ALU | BPF_X | operation, 0, 0, 0);
}

static void store_slot(struct assembler *a, enum slot s) {
    emit_code(a, BPF_ST, s, 0, 0);
}

static void fetch_slot(struct assembler *a, enum slot s) {
    emit_code(a, BPF_LD | BPF_MEM, s, 0, 0);
}

static void fetch_slot_x(struct assembler *a, enum slot s) {
    emit_code(a, BPF_LDX | BPF_MEM, s, 0, 0);
}

static void copy_a_to_x(struct assembler *a) {
    emit_code(a, BPF_MISC | BPF_TAX, 0, 0, 0);
}

static void copy_x_to_a(struct assembler *a) {
    emit_code(a, BPF_MISC | BPF_TXA, 0, 0, 0);
}

static void load_constant(struct assembler *a, uint32_t k) {
    emit_code(a, BPF_LD | BPF_IMM, k, 0, 0);
}

static void move_x(struct assembler *a, uint32_t bytes) {
    copy_x_to_a(a);
    apply_constant(a, BPF_ADD, bytes);
    copy_a_to_x(a);
}

static void become_type(struct assembler *a, uint32_t type, label then) {
    load_constant(a, type);
    store_slot(a, SLOT_TYPE);
    jump_to(a, then);
}

/* A = A ^ A >> bits; X is lost. */
static void smear_a(struct assembler *a, uint32_t bits) {
    copy_a_to_x(a);
    apply_constant(a, BPF_RSH, bits);
    apply_x(a, BPF_XOR);
}

/* A = f(A slot) + f(B slot), where f multiplies and smears; X is lost. */
static void combine_slots(struct assembler *a, uint32_t multiplier) {
    for (int i = 0; i < 2; i++) {
        fetch_slot(a, i == 0 ? SLOT_A : SLOT_B);
        apply_constant(a, BPF_MUL, multiplier);
        smear_a(a, 15);
        store_slot(a, i == 0 ? SLOT_A : SLOT_B);
    }
    fetch_slot_x(a, SLOT_A);
    apply_x(a, BPF_ADD);
}

static void mix_pair(struct assembler *a) {
    combine_slots(a, FANOUT_PAIR);
    smear_a(a, 16);
    apply_constant(a, BPF_MUL, FANOUT_LAST);
    smear_a(a, 13);
    store_slot(a, SLOT_HASH);
}

static void mix_ports(struct assembler *a) {
    load_header(a, BPF_H, 0);
    store_slot(a, SLOT_A);
    load_header(a, BPF_H, 2);
    store_slot(a, SLOT_B);
    combine_slots(a, FANOUT_PORTS);
    fetch_slot_x(a, SLOT_HASH);
    apply_x(a, BPF_ADD);
    smear_a(a, 15);
    apply_constant(a, BPF_MUL, FANOUT_LAST);
    smear_a(a, 13);
    store_slot(a, SLOT_HASH);
}

/* The slot becomes 16 bytes at X + offset, folded. */
static void fold_v6(struct assembler *a, uint32_t offset, enum slot s) {
    load_header(a, BPF_W, offset);
    store_slot(a, s);
    copy_x_to_a(a);
    store_slot(a, SLOT_NEXT);
    for (uint32_t i = 4; i < 16; i += 4) {
        load_header(a, BPF_W, offset + i);
        store_slot(a, SLOT_WORK);
        fetch_slot(a, s);
        apply_constant(a, BPF_MUL, FANOUT_FOLD);
        fetch_slot_x(a, SLOT_WORK);
        apply_x(a, BPF_ADD);
        store_slot(a, s);
        fetch_slot_x(a, SLOT_NEXT);
    }
}

/* The labels of one step: `next` is the step behind it, `done` the end with the hash so far. */
struct step {
    label next, done;
    label ports;    /* X is at the ports of the innermost packet: the end */
    label pair;     /* SLOT_A and SLOT_B are the addresses, PROTOCOL and NEXT are known */
    label ethernet; /* X is at an Ethernet header */
};

static void step_ipv4(struct assembler *a, const struct step *s) {
    load_header(a, BPF_W, 12);
    store_slot(a, SLOT_A);
    load_header(a, BPF_W, 16);
    store_slot(a, SLOT_B);
    load_header(a, BPF_B, 9);
    store_slot(a, SLOT_PROTOCOL);
    load_header(a, BPF_H, 6);
    label whole = new_label(a);
    jump_unless(a, BPF_JSET, 0x3fff, whole);
    load_constant(a, UINT32_MAX); /* no protocol: a fragment is split by its addresses */
    store_slot(a, SLOT_PROTOCOL);
    place_label(a, whole);
    load_header(a, BPF_B, 0);
    apply_constant(a, BPF_AND, 15);
    apply_constant(a, BPF_LSH, 2);
    apply_x(a, BPF_ADD);
    store_slot(a, SLOT_NEXT);
    jump_to(a, s->pair);
}

static void step_extensions(struct assembler *a, label known) {
    for (int i = 0; i < FANOUT_EXTENSIONS; i++) {
        label extension = new_label(a);
        fetch_slot(a, SLOT_PROTOCOL);
        jump_if(a, BPF_JEQ, 0, extension);
        jump_if(a, BPF_JEQ, 43, extension);
        jump_unless(a, BPF_JEQ, 60, known);
        place_label(a, extension);
        fetch_slot_x(a, SLOT_NEXT);
        load_header(a, BPF_B, 0);
        store_slot(a, SLOT_PROTOCOL);
        load_header(a, BPF_B, 1);
        apply_constant(a, BPF_LSH, 3);
        apply_constant(a, BPF_ADD, 8);
        apply_x(a, BPF_ADD);
        store_slot(a, SLOT_NEXT);
    }
    jump_to(a, known);
}

static void step_ipv6(struct assembler *a, const struct step *s) {
    fold_v6(a, 8, SLOT_A);
    fold_v6(a, 24, SLOT_B);
    load_header(a, BPF_B, 6);
    store_slot(a, SLOT_PROTOCOL);
    copy_x_to_a(a);
    apply_constant(a, BPF_ADD, 40);
    store_slot(a, SLOT_NEXT);
    step_extensions(a, s->pair);
}

/* Adds 4 to NEXT when the flag is set in the GRE header at X. */
static void add_optional_field(struct assembler *a, uint32_t flag) {
    label absent = new_label(a);
    load_header(a, BPF_H, 0);
    jump_unless(a, BPF_JSET, flag, absent);
    fetch_slot(a, SLOT_NEXT);
    apply_constant(a, BPF_ADD, 4);
    store_slot(a, SLOT_NEXT);
    place_label(a, absent);
}

static void step_gre(struct assembler *a, const struct step *s) {
    label version1 = new_label(a), version0 = new_label(a), known = new_label(a);
    load_header(a, BPF_H, 2);
    store_slot(a, SLOT_TYPE);
    copy_x_to_a(a);
    apply_constant(a, BPF_ADD, 4);
    store_slot(a, SLOT_NEXT);
    load_header(a, BPF_H, 0);
    jump_if(a, BPF_JSET, 0x4000, s->done);
    apply_constant(a, BPF_AND, 7);
    jump_if(a, BPF_JEQ, 0, version0);
    jump_if(a, BPF_JEQ, 1, version1);
    jump_to(a, s->done);
    place_label(a, version1);
    load_header(a, BPF_H, 0);
    jump_unless(a, BPF_JSET, 0x1000, s->done);
    add_optional_field(a, 0x0080);
    place_label(a, version0);
    add_optional_field(a, 0x8000);
    add_optional_field(a, 0x2000);
    add_optional_field(a, 0x1000);
    load_header(a, BPF_H, 0);
    jump_if(a, BPF_JSET, 0x1000, known);
    fetch_slot(a, SLOT_TYPE);
    jump_unless(a, BPF_JEQ, ETHER_ERSPAN2, known);
    load_constant(a, ETHER_BRIDGED);
    store_slot(a, SLOT_TYPE);
    place_label(a, known);
    fetch_slot_x(a, SLOT_NEXT);
    jump_to(a, s->next);
}

static void step_vxlan(struct assembler *a, const struct step *s) {
    load_header(a, BPF_B, 8);
    apply_constant(a, BPF_AND, 0x7f);
    jump_unless(a, BPF_JEQ, 0x08, s->ports);
    load_header(a, BPF_B, 15);
    jump_unless(a, BPF_JEQ, 0, s->ports);
    move_x(a, 16);
    jump_to(a, s->ethernet);
}

/* X += A, then what SLOT_TYPE says. */
static void step_over(struct assembler *a, const struct step *s) {
    apply_x(a, BPF_ADD);
    copy_a_to_x(a);
    jump_to(a, s->next);
}

static void step_geneve(struct assembler *a, const struct step *s) {
    load_header(a, BPF_W, 8);
    jump_if(a, BPF_JSET, 0xc03f0000, s->ports);
    load_header(a, BPF_B, 15);
    jump_unless(a, BPF_JEQ, 0, s->ports);
    load_header(a, BPF_H, 10);
    jump_unless(a, BPF_JGE, 0x600, s->ports);
    store_slot(a, SLOT_TYPE);
    load_header(a, BPF_B, 8);
    apply_constant(a, BPF_AND, 63);
    apply_constant(a, BPF_LSH, 2);
    apply_constant(a, BPF_ADD, 16);
    step_over(a, s);
}

/* X is at the name of an extension header; `known` has it at the last byte in front of what is carried. */
static void step_gtp_extensions(struct assembler *a, const struct step *s, label known) {
    for (int i = 0; i < FANOUT_GTP_EXTENSIONS; i++) {
        load_header(a, BPF_B, 0);
        jump_if(a, BPF_JEQ, 0, known);
        load_header(a, BPF_B, 1);
        apply_constant(a, BPF_LSH, 2);
        apply_x(a, BPF_ADD);
        copy_a_to_x(a);
    }
    jump_to(a, s->done);
}

static void step_gtp(struct assembler *a, const struct step *s) {
    label more = new_label(a), known = new_label(a), ipv6 = new_label(a);
    load_header(a, BPF_H, 8);
    apply_constant(a, BPF_AND, 0xf0ff);
    jump_unless(a, BPF_JEQ, 0x30ff, s->ports);
    load_header(a, BPF_B, 8);
    store_slot(a, SLOT_WORK);
    jump_if(a, BPF_JSET, 7, more);
    move_x(a, 15);
    jump_to(a, known);
    place_label(a, more);
    move_x(a, 19);
    fetch_slot(a, SLOT_WORK);
    jump_unless(a, BPF_JSET, 4, known);
    step_gtp_extensions(a, s, known);
    place_label(a, known);
    move_x(a, 1);
    load_header(a, BPF_B, 0);
    apply_constant(a, BPF_RSH, 4);
    jump_if(a, BPF_JEQ, 6, ipv6);
    jump_unless(a, BPF_JEQ, 4, s->ethernet);
    become_type(a, ETHER_IPV4, s->next);
    place_label(a, ipv6);
    become_type(a, ETHER_IPV6, s->next);
}

static void step_udp(struct assembler *a, const struct step *s) {
    label vxlan = new_label(a), geneve = new_label(a);
    load_header(a, BPF_H, 4);
    jump_unless(a, BPF_JGE, 16, s->ports);
    load_header(a, BPF_H, 2);
    jump_if(a, BPF_JEQ, 4789, vxlan);
    jump_if(a, BPF_JEQ, 8472, vxlan);
    jump_if(a, BPF_JEQ, 6081, geneve);
    jump_unless(a, BPF_JEQ, 2152, s->ports);
    step_gtp(a, s);
    place_label(a, geneve);
    step_geneve(a, s);
    place_label(a, vxlan);
    step_vxlan(a, s);
}

static void step_carried(struct assembler *a, const struct step *s) {
    label ipv4 = new_label(a), ipv6 = new_label(a), gre = new_label(a), udp = new_label(a);
    fetch_slot_x(a, SLOT_NEXT);
    fetch_slot(a, SLOT_PROTOCOL);
    jump_if(a, BPF_JEQ, 6, s->ports);
    jump_if(a, BPF_JEQ, 17, udp);
    jump_if(a, BPF_JEQ, 4, ipv4);
    jump_if(a, BPF_JEQ, 41, ipv6);
    jump_if(a, BPF_JEQ, 47, gre);
    jump_to(a, s->done);
    place_label(a, ipv4);
    become_type(a, ETHER_IPV4, s->next);
    place_label(a, ipv6);
    become_type(a, ETHER_IPV6, s->next);
    place_label(a, gre);
    step_gre(a, s);
    place_label(a, udp);
    step_udp(a, s);
}

/* X is at the header; when done A holds the ethertype, LINK_LLC for a length, and X is behind it. */
static void step_ethernet(struct assembler *a, const struct step *s) {
    label ethertype = new_label(a);
    load_header(a, BPF_H, 12);
    jump_if(a, BPF_JGE, 0x600, ethertype);
    load_constant(a, TYPE_LLC);
    place_label(a, ethertype);
    store_slot(a, SLOT_TYPE);
    move_x(a, 14);
    jump_to(a, s->next);
}

static void step_mpls(struct assembler *a, const struct step *s) {
    label bottom = new_label(a), ipv4 = new_label(a), ipv6 = new_label(a);
    load_header(a, BPF_W, 0);
    store_slot(a, SLOT_WORK);
    move_x(a, 4);
    fetch_slot(a, SLOT_WORK);
    jump_if(a, BPF_JSET, 0x100, bottom);
    become_type(a, ETHER_MPLS, s->next);
    place_label(a, bottom);
    load_header(a, BPF_B, 0);
    apply_constant(a, BPF_RSH, 4);
    jump_if(a, BPF_JEQ, 4, ipv4);
    jump_if(a, BPF_JEQ, 6, ipv6);
    load_header(a, BPF_H, 12);
    static const uint32_t known[] = {ETHER_IPV4, ETHER_IPV6, ETHER_VLAN, ETHER_VLAN_SERVICE};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        jump_if(a, BPF_JEQ, known[i], s->ethernet);
    move_x(a, 4);
    jump_to(a, s->ethernet);
    place_label(a, ipv4);
    become_type(a, ETHER_IPV4, s->next);
    place_label(a, ipv6);
    become_type(a, ETHER_IPV6, s->next);
}

static void step_ppp(struct assembler *a, const struct step *s) {
    label bare = new_label(a), two = new_label(a), known = new_label(a);
    label ipv4 = new_label(a), ipv6 = new_label(a);
    load_header(a, BPF_H, 0);
    jump_unless(a, BPF_JEQ, 0xff03, bare);
    move_x(a, 2);
    place_label(a, bare);
    load_header(a, BPF_B, 0);
    store_slot(a, SLOT_WORK);
    jump_unless(a, BPF_JSET, 1, two);
    move_x(a, 1);
    jump_to(a, known);
    place_label(a, two);
    load_header(a, BPF_H, 0);
    store_slot(a, SLOT_WORK);
    move_x(a, 2);
    place_label(a, known);
    fetch_slot(a, SLOT_WORK);
    jump_if(a, BPF_JEQ, 0x21, ipv4);
    jump_if(a, BPF_JEQ, 0x57, ipv6);
    jump_unless(a, BPF_JEQ, 0x281, s->done);
    become_type(a, ETHER_MPLS, s->next);
    place_label(a, ipv4);
    become_type(a, ETHER_IPV4, s->next);
    place_label(a, ipv6);
    become_type(a, ETHER_IPV6, s->next);
}

static void step_llc(struct assembler *a, const struct step *s) {
    load_header(a, BPF_W, 0);
    jump_unless(a, BPF_JEQ, 0xaaaa0300, s->done);
    load_header(a, BPF_H, 4);
    jump_unless(a, BPF_JEQ, 0, s->done);
    load_header(a, BPF_H, 6);
    store_slot(a, SLOT_TYPE);
    move_x(a, 8);
    jump_to(a, s->next);
}

static void step_vlan(struct assembler *a, const struct step *s) {
    load_header(a, BPF_H, 2);
    store_slot(a, SLOT_TYPE);
    move_x(a, 4);
    jump_to(a, s->next);
}

/* A tag of 6 bytes, the ethertype with it. */
static void step_tag6(struct assembler *a, const struct step *s) {
    load_header(a, BPF_H, 4);
    store_slot(a, SLOT_TYPE);
    load_constant(a, 6);
    step_over(a, s);
}

static void step_tag8(struct assembler *a, const struct step *s) {
    load_header(a, BPF_H, 6);
    store_slot(a, SLOT_TYPE);
    load_constant(a, 8);
    step_over(a, s);
}

static void step_macsec(struct assembler *a, const struct step *s) {
    label channel = new_label(a);
    load_header(a, BPF_B, 0);
    jump_if(a, BPF_JSET, 0x88, s->done);
    jump_if(a, BPF_JSET, 0x20, channel);
    load_header(a, BPF_H, 6);
    store_slot(a, SLOT_TYPE);
    load_constant(a, 8);
    step_over(a, s);
    place_label(a, channel);
    load_header(a, BPF_H, 14);
    store_slot(a, SLOT_TYPE);
    load_constant(a, 16);
    step_over(a, s);
}

static void step_fabricpath(struct assembler *a, const struct step *s) {
    move_x(a, 2);
    jump_to(a, s->ethernet);
}

static void step_pppoe(struct assembler *a, const struct step *s) {
    move_x(a, 6);
    become_type(a, TYPE_PPP, s->next);
}

static void step_erspan2(struct assembler *a, const struct step *s) {
    move_x(a, 8);
    jump_to(a, s->ethernet);
}

static void step_erspan3(struct assembler *a, const struct step *s) {
    load_header(a, BPF_B, 11);
    apply_constant(a, BPF_AND, 1);
    apply_constant(a, BPF_LSH, 3);
    apply_constant(a, BPF_ADD, 12);
    apply_x(a, BPF_ADD);
    copy_a_to_x(a);
    jump_to(a, s->ethernet);
}

static const struct {
    uint32_t type;
    void (*write)(struct assembler *a, const struct step *s); /* NULL: as the one behind */
} headers[] = {
    {.type = ETHER_IPV4, .write = step_ipv4},
    {.type = ETHER_IPV6, .write = step_ipv6},
    {.type = ETHER_VLAN},
    {.type = ETHER_VLAN_SERVICE},
    {.type = ETHER_VLAN_9200},
    {.type = ETHER_VLAN_9300},
    {.type = ETHER_VLAN_OLD, .write = step_vlan},
    {.type = ETHER_VNTAG, .write = step_tag6},
    {.type = ETHER_ETAG},
    {.type = ETHER_METADATA, .write = step_tag8},
    {.type = ETHER_MACSEC, .write = step_macsec},
    {.type = ETHER_FABRICPATH, .write = step_fabricpath},
    {.type = ETHER_MPLS},
    {.type = ETHER_MPLS_MULTICAST, .write = step_mpls},
    {.type = ETHER_PPPOE, .write = step_pppoe},
    {.type = TYPE_PPP, .write = step_ppp},
    {.type = TYPE_LLC, .write = step_llc},
    {.type = ETHER_ERSPAN2, .write = step_erspan2},
    {.type = ETHER_ERSPAN3, .write = step_erspan3},
};
#define HEADERS (sizeof headers / sizeof *headers)

static void write_step(struct assembler *a, const struct step *s) {
    label start[HEADERS];
    fetch_slot(a, SLOT_TYPE);
    for (size_t i = 0; i < HEADERS; i++) {
        start[i] = new_label(a);
        jump_if(a, BPF_JEQ, headers[i].type, start[i]);
    }
    jump_if(a, BPF_JEQ, ETHER_BRIDGED, s->ethernet);
    jump_to(a, s->done);
    for (size_t i = 0; i < HEADERS; i++) {
        place_label(a, start[i]);
        if (headers[i].write)
            headers[i].write(a, s);
    }
    place_label(a, s->pair);
    mix_pair(a);
    step_carried(a, s);
    place_label(a, s->ethernet);
    step_ethernet(a, s);
}

/* On arrival the packet's data begin at the network header and any byte can be loaded; the packets that this
 * host sends begin at the link header, and SKF_NET_OFF, which on older kernels reaches the linear part
 * alone, finds their network header. */
static void write_start(struct assembler *a) {
    label incoming = new_label(a), known = new_label(a);
    load_constant(a, 0);
    store_slot(a, SLOT_HASH);
    copy_a_to_x(a);
    emit_code(a, BPF_LD | BPF_ABS | BPF_W, (uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE), 0, 0);
    jump_unless(a, BPF_JEQ, PACKET_OUTGOING, incoming);
    load_constant(a, (uint32_t)SKF_NET_OFF);
    copy_a_to_x(a);
    place_label(a, incoming);
    emit_code(a, BPF_LD | BPF_ABS | BPF_W, (uint32_t)(SKF_AD_OFF + SKF_AD_PROTOCOL), 0, 0);
    jump_if(a, BPF_JGE, 0x600, known);
    load_constant(a, TYPE_LLC);
    place_label(a, known);
    store_slot(a, SLOT_TYPE);
}

static size_t resolve_jumps(struct assembler *a) {
    for (size_t i = 0; i < a->jump_count && !a->failed; i++)
        a->out[a->jumps[i].at].k = a->target[a->jumps[i].to] - a->jumps[i].at - 1;
    return a->failed ? 0 : a->count;
}

size_t fanout_program(struct sock_filter *out, size_t max, bool split_by_ports) {
    static struct assembler a; /* 40 KiB; the supervisor is the only caller and has one thread */
    a = (struct assembler){.out = out, .max = max};
    label done = new_label(&a), ports = new_label(&a);
    write_start(&a);
    for (int i = 0; i < FANOUT_STEPS; i++) {
        struct step s = {.next = new_label(&a),
                         .done = done,
                         .ports = ports,
                         .pair = new_label(&a),
                         .ethernet = new_label(&a)};
        write_step(&a, &s);
        place_label(&a, s.next);
    }
    jump_to(&a, done);
    place_label(&a, ports);
    if (split_by_ports)
        mix_ports(&a);
    place_label(&a, done);
    fetch_slot(&a, SLOT_HASH);
    emit_code(&a, BPF_RET | BPF_A, 0, 0, 0);
    return resolve_jumps(&a);
}

bool fanout_join(int fd, const struct capture_options *o, struct error *e) {
    struct sock_filter program[BPF_MAXINSNS];
    struct sock_fprog data = {.filter = program};
    data.len = (unsigned short)fanout_program(program, BPF_MAXINSNS, o->split == CAPTURE_BY_PORTS);
    int join = o->fanout_group | PACKET_FANOUT_CBPF << 16;
    if (data.len == 0)
        return error_set(e, "interface %s: the fanout program is too long", o->interface);
    if (setsockopt(fd, SOL_PACKET, PACKET_FANOUT, &join, sizeof join) != 0)
        return error_set(
            e, "interface %s: cannot join fanout group %u: %s; is another program using that group?",
            o->interface, o->fanout_group, strerror(errno));
    if (setsockopt(fd, SOL_PACKET, PACKET_FANOUT_DATA, &data, sizeof data) != 0)
        return error_set(e, "interface %s: the kernel refuses the fanout program: %s", o->interface,
                         strerror(errno));
    return true;
}
