/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/listing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

/* The names that were found, a line each. */
struct names {
    char text[8192];
    size_t n;
};

static void note_name(void *context, struct bytes name) {
    struct names *t = context;
    assert_true(t->n + name.n + 2 < sizeof t->text);
    memcpy(t->text + t->n, name.p, name.n);
    t->n += name.n;
    t->text[t->n++] = '\n';
    t->text[t->n] = 0;
}

static struct names find_names(const char *text, size_t piece) {
    struct names found = {.n = 0};
    struct listing l = {0};
    size_t n = strlen(text);
    for (size_t at = 0; at < n; at += piece)
        listing_push(&l, bytes_of(text + at, n - at < piece ? n - at : piece), note_name, &found);
    listing_end(&l, note_name, &found);
    return found;
}

static void expect(const char *text, const char *names) {
    static const size_t pieces[] = {1, 2, 3, 7, 64, 1 << 20};
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        struct names found = find_names(text, pieces[i]);
        assert_string_equal(found.text, names);
    }
}

static void lines_of_ls_tar_and_rsync_name_what_stands_behind_the_time(void **state) {
    expect("total 48\n-rw-r--r-- 1 ann ann 48112 May 31 04:11 KXR4471\n", "KXR4471\n");
    expect("drwxr-xr-x+ 2 ann staff 4096 Mar  1  2024 lane 4\n", "lane 4\n");
    expect("-rw-r--r-- ann/ann 48112 2026-05-31 04:11 scene/KXR4471.dat\n", "KXR4471.dat\n");
    expect("-rw-r--r--      48,112 2026/05/31 04:11:58 in/KXR4471\n", "KXR4471\n");
    expect("lrwxrwxrwx 1 ann ann 7 May 31 04:11 last -> KXR4471\n", "last\n");
}

static void lines_of_dir_shares_and_machines_name_folders(void **state) {
    expect("05/31/2026  04:11 AM    <DIR>          KXR4471\r\n", "KXR4471\n");
    expect("31.05.2026  04:11    <DIR>          KXR4471\n", "KXR4471\n");
    expect("05-31-26  04:11AM       <DIR>          KXR4471\r\n", "KXR4471\n");
    expect("  KXR4471                       D        0  Sun May 31 04:11:58 2026\n", "KXR4471\n");
    expect("  lane 4                              0  Sun May 31 04:11:58 2026\n", "lane 4\n");
    expect("type=dir;modify=20260531041158; KXR4471\r\n", "KXR4471\n");
    expect("2026/05/KXR4471/\n", "KXR4471/\n");
}

static void links_to_folders_and_names_of_pictures_stand_in_any_text(void **state) {
    expect("<a href=\"KXR4471/\">KXR4471/</a>", "KXR4471/\n");
    expect("<a href=\"../\">../</a><a href=\"a%20b.jpg\">a b.jpg</a>", "a b.jpg\nb.jpg\n");
    expect("{\"files\":[\"/x/KXR4471.jpg\",{\"key\":\"y/GHT7720.tiff\"}]}", "KXR4471.jpg\nGHT7720.tiff\n");
    expect("stored C:\\lane\\KXR4471.PNG, 48112 octets", "KXR4471.PNG\n");
}

static void a_name_that_follows_itself_is_one(void **state) {
    expect("<a href=\"KXR4471.jpg\">KXR4471.jpg</a>\n", "KXR4471.jpg\n");
}

static void other_text_names_nothing(void **state) {
    expect("KXR4471\nGHT7720,2026-05-31T04:11:58\n", "");
    expect("2026-05-31 04:11:58 INFO KXR4471 read\n", "");
    expect("see fig.1, section 2.4.jx and www.example.org/a.html\n", "");
    expect("- read the file at 04:11 KXR4471\n------------\n", "");
    expect("  indented text that was written in 04:11 2026\n", "");
    expect("<img src=\"/icons/image2.gif\" alt='x'><img src='b.png'>", "");
    expect("the type=file; of it\n", "");
    expect("a .jpg ending alone, or .tiff\n", "");
}

static void a_line_without_an_end_is_looked_at_in_parts(void **state) {
    char text[6000];
    memset(text, ' ', sizeof text);
    memcpy(text + 1020, "KXR4471.jpg", 11);
    memcpy(text + 3000, "GHT7720.jpg", 11);
    text[sizeof text - 1] = 0;
    expect(text, "KXR4471.jpg\nGHT7720.jpg\n");
    memset(text, 'y', sizeof text - 1); /* a word that is too long from its beginning on */
    memcpy(text, "<a href=\"GHT7720/\"", 18);
    memcpy(text + 4000, ".jpg ", 5);
    expect(text, "");
    memset(text, 'x', sizeof text - 1); /* one word, too long for a name */
    memcpy(text + 5980, " MKN518.jpg", 11);
    memset(text + 5991, ' ', 8);
    expect(text, "MKN518.jpg\n");
}

/* Of as many octets as are held it is none of a listing, wherever its end came. */
static void a_line_as_long_as_what_is_held_is_looked_at_in_parts(void **state) {
    static const char line[] = "-rw-r--r-- 1 ann ann 48112 May 31 04:11 ";
    for (size_t n = LISTING_HELD_MAX - 1; n <= LISTING_HELD_MAX + 1; n++) {
        char text[LISTING_HELD_MAX + 3];
        memset(text, ' ', sizeof text);
        memcpy(text, line, sizeof line - 1);
        memcpy(text + n - 9, "a KXR4471\n", 11);
        text[n + 1] = 0;
        expect(text, n < LISTING_HELD_MAX ? "a KXR4471\n" : "");
    }
}

static const char *const parts[] = {"\n",           "\r\n",       " ",       "  ",      ".jpg",   ".JPEG ",
                                    ".mkv,",        ".j2k",       ".mp4\n",  ".txt",    ". The ", "href=\"",
                                    "lane/",        "/\n",        "/\r\n",   "\n-rw-",  "\ndr-x", "\n  KXR44",
                                    "; ",           "type=dir; ", "<DIR>  ", "KXR4471", "12:04",  " 2026\n",
                                    "\xc3\xa4.png", "&",          "h",       ".",       "0",      "x"};

/* Text of such parts in any order; its octets. */
static size_t make_text(char *text, size_t room) {
    size_t n = 0;
    while (n + 16 < room && rand() % 64) {
        const char *part = parts[(size_t)rand() % (sizeof parts / sizeof *parts)];
        memcpy(text + n, part, strlen(part));
        n += strlen(part);
    }
    return n;
}

static void both_ways_find_the_same_marks(void **state) {
    char text[1024];
    for (int round = 0; round < 20000; round++) {
        struct bytes all = bytes_of(text, make_text(text, sizeof text));
        for (size_t at = 0; at < all.n; at++) {
            size_t mark = listing_find_mark(all, at);
            assert_int_equal(mark, listing_find_mark_plain(all, at));
            at = mark;
        }
    }
}

/* Lines that are passed over are none of a listing. */
static void no_line_of_a_listing_is_passed_over(void **state) {
    char text[1024];
    for (int round = 0; round < 20000; round++) {
        size_t n = make_text(text, sizeof text - 1);
        text[n++] = '\n';
        struct bytes all = bytes_of(text, n);
        size_t next = listing_find_line(all, 0);
        for (size_t at = 0, size; at < n; at += size) {
            struct bytes line = bytes_until(bytes_of(all.p + at, n - at), '\n');
            size = line.n + 1;
            assert_true(next >= at);
            if (at == next)
                next = listing_find_line(all, at + size);
            else
                assert_int_equal(listing_line_name(line).n, 0);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_ways_find_the_same_marks),
        cmocka_unit_test(no_line_of_a_listing_is_passed_over),
        cmocka_unit_test(lines_of_ls_tar_and_rsync_name_what_stands_behind_the_time),
        cmocka_unit_test(lines_of_dir_shares_and_machines_name_folders),
        cmocka_unit_test(links_to_folders_and_names_of_pictures_stand_in_any_text),
        cmocka_unit_test(a_name_that_follows_itself_is_one),
        cmocka_unit_test(other_text_names_nothing),
        cmocka_unit_test(a_line_without_an_end_is_looked_at_in_parts),
        cmocka_unit_test(a_line_as_long_as_what_is_held_is_looked_at_in_parts),
    };
    return cmocka_run_group_tests_name("inspect/listing", tests, NULL, NULL);
}
