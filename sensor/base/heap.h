/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_BASE_HEAP_H
#define GANTRY_BASE_HEAP_H

/* How malloc(3) deals with large blocks, see mallopt(3). */

/* While a process begins: large tables are fresh memory, which is zero and in no other process, however much
 * was freed before. Else calloc(3) writes zeros over all of it, and each process that was forked makes a page
 * of its own for each page of them. */
void heap_begin(void);

/* While it works: large blocks that are freed are kept for the next ones. */
void heap_keep(void);

/* Now and then behind heap_keep(): a heap that has grown large goes on in huge pages, so that what many flows
 * bring costs few page faults. Costs next to nothing while it has not grown. */
void heap_widen(void);

/* Ends the process. What libraries tidy up at an exit is memory that is gone in a moment, and each page of it
 * that another process has too would be copied first. */
_Noreturn void heap_leave(int status);

#endif
