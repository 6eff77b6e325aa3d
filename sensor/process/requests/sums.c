/* SPDX-License-Identifier: Apache-2.0 */
#include "process/requests/requests.h"

#include "report/ask.h"

static const char *word_at(const struct control_words *w, size_t i) {
    return i < w->count ? w->word[i] : NULL;
}

REQUEST(ledger) {
    ask_ledger(s->reporter, word_at(arguments, 0), word_at(arguments, 1), word_at(arguments, 2), out);
    return true;
}

REQUEST(digest) {
    time_ns since = 0;
    if (arguments->count && !request_moment(arguments->word[0], &since, e))
        return false;
    return ask_digest(s->reporter, since, out, e);
}

REQUEST(hosts) {
    return ask_hosts(s->reporter, word_at(arguments, 0), out, e);
}
