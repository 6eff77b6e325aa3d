/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "protocol/tftp/tftp.h"

enum { NUMBERS = 1 << 16 };

static uint64_t *word_of(struct tftp_blocks *b, uint64_t index) {
    return &b->seen[index % TFTP_WINDOW / 64];
}

static uint64_t bit_of(uint64_t index) {
    return UINT64_C(1) << index % 64;
}

/* Behind 65535 comes 0, or 1 with some, who then never use 0: the first of the two that is seen tells. */
static void settle_roll(struct tftp_blocks *b, uint16_t number) {
    if (b->roll == TFTP_ROLL_OPEN && b->base == NUMBERS - 1 && number <= 1)
        b->roll = number == 0 ? TFTP_ROLL_ZERO : TFTP_ROLL_ONE;
}

static bool find_index(const struct tftp_blocks *b, uint16_t number, uint64_t *index) {
    uint64_t period = b->roll == TFTP_ROLL_ONE ? NUMBERS - 1 : NUMBERS;
    if (number == 0 && b->roll == TFTP_ROLL_ONE)
        return false;
    uint64_t ahead = (number + period - 1 + period - b->base % period) % period;
    if (ahead <= period / 2) {
        *index = b->base + ahead;
        return true;
    }
    *index = b->base + ahead >= period ? b->base + ahead - period : b->base + ahead;
    return true;
}

static void pass_base(struct tftp_blocks *b) {
    *word_of(b, b->base) &= ~bit_of(b->base);
    b->base++;
}

/* However far it is, a window of steps is all. */
static void move_base(struct tftp_blocks *b, uint64_t to) {
    for (unsigned i = 0; i < TFTP_WINDOW && b->base < to; i++) {
        if (!(*word_of(b, b->base) & bit_of(b->base)))
            counter_one(COUNTER_TFTP_BLOCKS_MISSED);
        pass_base(b);
    }
    if (b->base >= to)
        return;
    counter_add(COUNTER_TFTP_BLOCKS_MISSED, to - b->base);
    b->base = to;
}

enum tftp_block tftp_blocks_take(struct tftp_blocks *b, uint16_t number, uint64_t *index) {
    if (!b->began && (number == 0 || number > TFTP_WINDOW))
        b->base = number ? number - 1u : NUMBERS - 1;
    b->began = true;
    settle_roll(b, number);
    if (!find_index(b, number, index))
        return TFTP_BLOCK_NONE;
    if (*index < b->base)
        return TFTP_BLOCK_AGAIN;
    if (b->base + TFTP_WINDOW <= *index)
        move_base(b, *index + 1 - TFTP_WINDOW);
    if (*word_of(b, *index) & bit_of(*index))
        return TFTP_BLOCK_AGAIN;
    *word_of(b, *index) |= bit_of(*index);
    while (*word_of(b, b->base) & bit_of(b->base))
        pass_base(b);
    return TFTP_BLOCK_NEW;
}
