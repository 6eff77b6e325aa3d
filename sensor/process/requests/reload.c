/* SPDX-License-Identifier: Apache-2.0 */
#include "process/requests/requests.h"

/* The supervisor does it; who asked comes again with the number until it is done, to this reporter or to its
 * successor. */
REQUEST(reload) {
    json_write_number(out, "request", reload_ask(&s->sensor->upper->reload));
    return true;
}

REQUEST(reload_status) {
    struct reload_result r;
    uint64_t number;
    if (!request_number(arguments->word[0], &number, e))
        return false;
    bool done = reload_answered(&s->sensor->upper->reload, (uint32_t)number);
    json_write_bool(out, "done", done);
    if (!done)
        return true;
    reload_read(&s->sensor->upper->reload, &r);
    json_write_bool(out, "refused", r.failed);
    json_write_number(out, "version", r.version);
    request_time(out, "time", r.time);
    json_write_text(out, "told", r.text[0] ? r.text : NULL);
    return true;
}
