/* SPDX-License-Identifier: Apache-2.0 */
#include "base/work.h"

uint64_t work_done;
