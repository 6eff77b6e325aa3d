/* SPDX-License-Identifier: Apache-2.0 */
#include "page/page.h"

#include "page/chart.h"

static const char style[] =
    ":root{color-scheme:light dark;--back:#fff;--card:#f5f6f8;--text:#1c2430;--soft:#5b6675;--line:#d9dee5;"
    "--approved:#2f7d4f;--breach:#b96a00;--unapproved:#b3261e;--unknown:#6b4fa0;--internal:#6d7782;--reader:#"
    "8c3a66;--reader-breach:#7a6a1e;"
    "--near:#b96a00}\n"
    "@media(prefers-color-scheme:dark){:root{--back:#14181e;--card:#1d232b;--text:#e6eaf0;--soft:#9aa6b4;"
    "--line:#333c47;--approved:#58b37d;--breach:#e8a13c;--unapproved:#ef6a60;--unknown:#a98be0;--reader:#"
    "d987b4;--reader-breach:#c9b65a;"
    "--internal:#8b96a3;--near:#e8a13c}}\n"
    "*{box-sizing:border-box}body{margin:0 auto;max-width:1060px;padding:32px 24px "
    "64px;background:var(--back);"
    "color:var(--text);font:15px/1.5 system-ui,'DejaVu Sans',sans-serif}\n"
    "h1{font-size:26px;margin:0}h2{font-size:18px;margin:40px 0 4px;padding-top:16px;border-top:1px solid "
    "var(--line)}p{margin:4px 0 12px}.soft,footer{color:var(--soft)}footer{margin-top:48px;font-size:13px}\n"
    ".tiles{display:flex;flex-wrap:wrap;gap:12px;margin:24px 0}.tile{flex:1 1 150px;background:var(--card);"
    "border-radius:8px;padding:14px 16px}.tile b{display:block;font-size:24px;line-height:1.2}"
    ".tile span{color:var(--soft);font-size:13px}\n"
    "svg{display:block;width:100%;height:auto}svg text{fill:var(--soft);font-size:12px}"
    "svg .grid{stroke:var(--line);stroke-width:1}\n"
    ".c-approved{fill:var(--approved)}.c-breach{fill:var(--breach)}.c-unapproved{fill:var(--unapproved)}.c-"
    "reader{fill:var(--reader)}.c-reader-breach{fill:var(--reader-breach)}"
    ".c-unknown{fill:var(--unknown)}.c-internal,.c-plain{fill:var(--internal)}\n"
    ".legend{font-size:13px}.key{margin-right:16px;white-space:nowrap}.key "
    "svg{display:inline-block;width:11px;"
    "height:11px;margin-right:6px;vertical-align:-1px}\n"
    "table{border-collapse:collapse;width:100%;margin:8px 0 16px;font-size:14px}th,td{text-align:left;"
    "vertical-align:top;padding:6px 12px 6px 0;border-bottom:1px solid var(--line);overflow-wrap:break-word}"
    "th{color:var(--soft);font-weight:600;white-space:nowrap}td.n{text-align:right;white-space:nowrap}\n"
    ".wide{overflow-x:auto}.t-approved{color:var(--approved)}.t-breach{color:var(--breach)}"
    ".t-unapproved{color:var(--unapproved)}.t-unknown{color:var(--unknown)}.mark{font-weight:600}\n"
    ".meter{display:inline-block;min-width:150px;font-size:13px}.meter svg{height:8px;border-radius:4px;"
    "overflow:hidden;margin:6px 0 2px}.m-room{fill:var(--line)}.m-fine{fill:var(--approved)}"
    ".m-near{fill:var(--near)}.m-over{fill:var(--unapproved)}\n"
    "@media print{body{max-width:none;padding:0}h2{break-after:avoid}tr,svg{break-inside:avoid}}\n";

void page_begin(FILE *out, const char *title, const char *subtitle) {
    fputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
          "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
          "style-src 'unsafe-inline'\">\n"
          "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<title>",
          out);
    html_text(out, title);
    fprintf(out, "</title>\n<style>\n%s</style></head><body>\n<header><h1>", style);
    html_text(out, title);
    fputs("</h1><p class=\"soft\">", out);
    html_text(out, subtitle);
    fputs("</p></header>\n<main><section>\n", out);
}

void page_end(FILE *out, const char *footer) {
    fputs("</section></main>\n<footer>", out);
    html_text(out, footer);
    fputs("</footer></body></html>\n", out);
}

void page_section(FILE *out, const char *title, const char *explanation) {
    fputs("</section>\n<section><h2>", out);
    html_text(out, title);
    fputs("</h2>\n", out);
    if (!explanation)
        return;
    fputs("<p class=\"soft\">", out);
    html_text(out, explanation);
    fputs("</p>\n", out);
}

void page_tiles_begin(FILE *out) {
    fputs("<div class=\"tiles\">\n", out);
}

void page_tile(FILE *out, const char *value, const char *label, const char *style_name) {
    fprintf(out, "<div class=\"tile\"><b class=\"%s\">", style_name ? style_name : "");
    html_text(out, value);
    fputs("</b><span>", out);
    html_text(out, label);
    fputs("</span></div>\n", out);
}

void page_tiles_end(FILE *out) {
    fputs("</div>\n", out);
}

void page_table_begin(FILE *out, const char *const *heads) {
    fputs("<div class=\"wide\"><table><thead><tr>", out);
    for (; *heads; heads++) {
        fputs("<th>", out);
        html_text(out, *heads);
        fputs("</th>", out);
    }
    fputs("</tr></thead><tbody>\n", out);
}

void page_row_begin(FILE *out) {
    fputs("<tr>", out);
}

void page_cell(FILE *out, const char *text) {
    fputs("<td>", out);
    html_text(out, text);
    fputs("</td>", out);
}

void page_cell_number(FILE *out, const char *text) {
    fputs("<td class=\"n\">", out);
    html_text(out, text);
    fputs("</td>", out);
}

void page_cell_mark(FILE *out, const char *text, const char *style_name) {
    fprintf(out, "<td class=\"mark %s\">", style_name);
    html_text(out, text);
    fputs("</td>", out);
}

void page_row_end(FILE *out) {
    fputs("</tr>\n", out);
}

void page_table_end(FILE *out) {
    fputs("</tbody></table></div>\n", out);
}
