/* SPDX-License-Identifier: Apache-2.0 */
#include "base/stage.h"

static _Atomic uint8_t own;

_Atomic uint8_t *stage_now = &own;
unsigned stage_without;
