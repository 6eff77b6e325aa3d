/* SPDX-License-Identifier: Apache-2.0 */
#include "base/allowance.h"

#include "base/work.h"

#define MIB (INT64_C(1) << 20)

enum { LENT_RATIO = 2 }; /* decoded bytes that a byte of the wire makes good of what was borrowed */

/* `ratio`: what a byte of the wire earns. Text that people send unfolds to 3 to 15 times its size, seldom to
 * 20; what a decoder and the digest take for a byte is a third of what all else takes for one of the wire,
 * what patterns take is twice to ten times as much. */
static const struct {
    int64_t first, most, ratio;
    unsigned work; /* of one, base/work.h */
} accounts[ACCOUNT_COUNT] = {
    [ACCOUNT_DECODED] = {.first = MIB, .most = 4 * MIB, .ratio = 20, .work = 1},
    [ACCOUNT_MATCHED] = {.first = MIB, .most = 4 * MIB, .ratio = 3, .work = WORK_MATCHED},
    /* A window of 4 MiB is usual. */
    [ACCOUNT_AHEAD] = {.first = 5 * MIB, .most = 16 * MIB, .ratio = 2, .work = 1},
    [ACCOUNT_NAMES] = {.first = MIB / 8, .most = MIB / 4, .ratio = 1, .work = 1},
    [ACCOUNT_OBJECTS] = {.first = 5 * MIB / 4, .most = 5 * MIB / 4, .ratio = 1, .work = 1},
    [ACCOUNT_EXAMINED] = {.first = 2 * MIB, .most = 4 * MIB, .ratio = 1, .work = 0},
};

void allowance_init(struct allowance *a, unsigned share) {
    *a = (struct allowance){0};
    a->told = INT64_MIN / 2;
    for (enum account i = 0; i < ACCOUNT_COUNT; i++)
        a->left[i] = accounts[i].first * share / 1000;
}

void allowance_return(struct allowance *a, enum account account, size_t n) {
    if (a && (a->purse || (int64_t)n < accounts[account].most - a->left[account]))
        a->left[account] += (int64_t)n;
    else if (a)
        a->left[account] = accounts[account].most;
}

/* For each piece that is delivered: nothing is divided. */
void allowance_earn(struct allowance *a, uint64_t n) {
    const int64_t enough = 16 * MIB; /* of bytes: every account is full then */
    int64_t earned = n < (uint64_t)enough ? (int64_t)n : enough;
    if (a->lent > 0)
        a->lent -= a->lent < earned * LENT_RATIO ? a->lent : earned * LENT_RATIO;
    if (a->full || a->purse)
        return;
    a->full = true;
    for (enum account i = 0; i < ACCOUNT_COUNT; i++) {
        int64_t left = a->left[i] + earned * accounts[i].ratio, most = accounts[i].most;
        a->left[i] = left < most ? left : most;
        a->poor[i] &= a->left[i] < most / 2;
        a->full &= a->left[i] == most;
    }
}

void allowance_owe(struct allowance *a, enum account account, uint64_t n) {
    const int64_t most = 256 * MIB;
    int64_t owed = n < (uint64_t)most ? (int64_t)n : most;
    if (a) {
        a->left[account] = a->left[account] - owed > -most ? a->left[account] - owed : -most;
        a->full = false;
        a->poor[account] |= a->left[account] <= 0;
    }
    work_add((uint64_t)owed * accounts[account].work);
}

/* So much at most, as long as `rest` is left for others. */
static bool borrow(struct allowance *a, size_t n, int64_t most, int64_t rest) {
    const int64_t usual = 4 * MIB;
    if (!a || allowance_has(a, ACCOUNT_DECODED, (int64_t)n))
        return true;
    if (!a->common || n > (size_t)most)
        return false;
    int64_t least = (int64_t)n - a->left[ACCOUNT_DECODED], lent = least > usual ? least : usual;
    if (lent > *a->common - rest || lent > most - a->lent)
        return false;
    *a->common -= lent;
    a->lent += lent;
    a->left[ACCOUNT_DECODED] += lent;
    return true;
}

bool allowance_borrow(struct allowance *a, size_t n) {
    return borrow(a, n, ALLOWANCE_LENT, 0);
}

bool allowance_borrow_easily(struct allowance *a, size_t n) {
    return borrow(a, n, ALLOWANCE_LENT_EASY, ALLOWANCE_COMMON / 4 * 3);
}

void allowance_earn_common(int64_t *common, uint64_t n) {
    const uint64_t room = (uint64_t)(ALLOWANCE_COMMON - *common);
    *common += n < room / LENT_RATIO ? (int64_t)(n * LENT_RATIO) : (int64_t)room;
}

size_t allowance_take(struct allowance *a, enum account account, size_t n) {
    if (!a) {
        work_add((uint64_t)n * accounts[account].work);
        return n;
    }
    int64_t left = a->left[account] > 0 ? a->left[account] : 0;
    size_t take = n < (uint64_t)left ? n : (size_t)left;
    a->left[account] -= (int64_t)take;
    a->full = false;
    a->poor[account] |= take < n;
    work_add((uint64_t)take * accounts[account].work);
    return take;
}

bool allowance_spend(struct allowance *a, enum account account, size_t n) {
    if (a && a->left[account] <= 0)
        return false;
    if (a) {
        a->left[account] -= (int64_t)n;
        a->full = false;
    }
    work_add((uint64_t)n * accounts[account].work);
    return true;
}
