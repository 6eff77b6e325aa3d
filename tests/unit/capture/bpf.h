/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CAPTURE_BPF_H
#define TESTS_CAPTURE_BPF_H

#include "capture/fanout.h"

#include <stdlib.h>

#include <linux/if_packet.h>

/* A packet as the kernel's program sees it. */
struct bpf_packet {
    const uint8_t *data;
    uint32_t length;
    uint32_t data_at, network_at; /* where offset 0 and SKF_NET_OFF are */
    uint32_t protocol, kind;
};

static inline bool bpf_load(const struct bpf_packet *s, uint32_t offset, uint32_t size, uint32_t *out) {
    if (offset == (uint32_t)(SKF_AD_OFF + SKF_AD_PROTOCOL)) {
        *out = s->protocol;
        return true;
    }
    if (offset == (uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE)) {
        *out = s->kind;
        return true;
    }
    uint64_t at = (int32_t)offset >= 0 ? (uint64_t)s->data_at + offset
                                       : (uint64_t)s->network_at + (offset - (uint32_t)SKF_NET_OFF);
    if (at + size > s->length)
        return false;
    *out = 0;
    for (uint32_t i = 0; i < size; i++)
        *out = *out << 8 | s->data[at + i];
    return true;
}

static inline uint32_t bpf_compute(uint16_t operation, uint32_t a, uint32_t b) {
    switch (operation) {
    case BPF_ADD:
        return a + b;
    case BPF_MUL:
        return a * b;
    case BPF_AND:
        return a & b;
    case BPF_XOR:
        return a ^ b;
    case BPF_LSH:
        return a << b;
    case BPF_RSH:
        return a >> b;
    default:
        abort();
        return 0;
    }
}

static inline bool bpf_compare(uint16_t comparison, uint32_t a, uint32_t k) {
    return comparison == BPF_JEQ ? a == k : comparison == BPF_JGE ? a >= k : (a & k) != 0;
}

/* Classic BPF after McCanne and Jacobson, with the kernel's ancillary loads. */
static inline uint32_t bpf_run(const struct sock_filter *p, size_t n, const struct bpf_packet *s) {
    uint32_t a = 0, x = 0, memory[BPF_MEMWORDS] = {0};
    for (size_t pc = 0; pc < n; pc++) {
        uint32_t k = p[pc].k;
        uint16_t code = p[pc].code;
        uint32_t size = BPF_SIZE(code) == BPF_W ? 4 : BPF_SIZE(code) == BPF_H ? 2 : 1;
        if (BPF_CLASS(code) == BPF_LD && BPF_MODE(code) == BPF_IMM)
            a = k;
        else if (BPF_CLASS(code) == BPF_LD && BPF_MODE(code) == BPF_MEM)
            a = memory[k];
        else if (BPF_CLASS(code) == BPF_LD) {
            if (!bpf_load(s, BPF_MODE(code) == BPF_IND ? x + k : k, size, &a))
                return 0;
        } else if (code == (BPF_LDX | BPF_MEM))
            x = memory[k];
        else if (code == BPF_ST)
            memory[k] = a;
        else if (BPF_CLASS(code) == BPF_ALU)
            a = bpf_compute(BPF_OP(code), a, BPF_SRC(code) == BPF_X ? x : k);
        else if (code == (BPF_JMP | BPF_JA))
            pc += k;
        else if (BPF_CLASS(code) == BPF_JMP)
            pc += bpf_compare(BPF_OP(code), a, k) ? p[pc].jt : p[pc].jf;
        else if (code == (BPF_MISC | BPF_TAX))
            x = a;
        else if (code == (BPF_MISC | BPF_TXA))
            a = x;
        else if (code == (BPF_RET | BPF_A))
            return a;
        else
            abort();
    }
    abort();
    return 0;
}

/* False when the link header says nothing: the kernel knows a protocol that the file does not keep. */
static inline bool bpf_view(const struct capture_packet *p, bool outgoing, uint8_t *room,
                            struct bpf_packet *s) {
    uint16_t type;
    uint32_t network;
    if (!capture_link(p, &type, &network))
        return false;
    uint32_t length = p->captured;
    memcpy(room, p->data, length);
    if (type == 0x8100 || type == 0x88a8) { /* as skb_vlan_untag does */
        if (length < network + 4)
            return false;
        type = (uint16_t)(room[network + 2] << 8 | room[network + 3]);
        memmove(room + network, room + network + 4, length - network - 4);
        length -= 4;
    }
    *s = (struct bpf_packet){.data = room,
                             .length = length,
                             .data_at = outgoing ? 0 : network,
                             .network_at = network,
                             .protocol = type,
                             .kind = outgoing ? PACKET_OUTGOING : PACKET_OTHERHOST};
    return true;
}

#endif
