/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/scalar.h"

#include <string.h>

#include "tests/unit/fixture.h"

#define LABEL_63 "a23456789012345678901234567890123456789012345678901234567890123"
#define NAME_253                                                                                   \
        LABEL_63 "." LABEL_63 "." LABEL_63                                                         \
                 ".a23456789012345678901234567890123456789012345678901234567890a"

/* error NULL: the text is good, and value is what it means. */
typedef struct {
        const char *text;
        guint64 value;
        const char *error;
} Row;

typedef struct {
        const char *text;
        guint64 min, max, value;
        const char *error;
} UintRow;

static const UintRow uints[] = {
        { "0", 0, 9, 0, NULL },
        { "9", 0, 9, 9, NULL },
        { "10", 0, 9, 0, "'10' is not a whole number from 0 to 9" },
        { "4", 5, 9, 0, "'4' is not a whole number from 5 to 9" },
        { "5", 0, 3, 0, "'5' is not a whole number from 0 to 3" },
        { "18446744073709551615", 0, G_MAXUINT64, G_MAXUINT64, NULL },
        { "18446744073709551616", 0, G_MAXUINT64, 0,
          "'18446744073709551616' is not a whole number from 0 to 18446744073709551615" },
        { "99999999999999999999999", 0, G_MAXUINT64, 0,
          "'99999999999999999999999' is not a whole number from 0 to 18446744073709551615" },
        { "", 0, 9, 0, "'' is not a whole number from 0 to 9" },
        { "-1", 0, 9, 0, "'-1' is not a whole number from 0 to 9" },
        { "+1", 0, 9, 0, "'+1' is not a whole number from 0 to 9" },
        { " 1", 0, 9, 0, "' 1' is not a whole number from 0 to 9" },
        { "1 ", 0, 9, 0, "'1 ' is not a whole number from 0 to 9" },
        { "1.0", 0, 9, 0, "'1.0' is not a whole number from 0 to 9" },
        { "0x1", 0, 9, 0, "'0x1' is not a whole number from 0 to 9" },
};

static void uint_row(gconstpointer data)
{
        const UintRow *row = data;
        g_autoptr(GError) error = NULL;
        guint64 value = 77;

        check_error(wattle_uint_parse(row->text, row->min, row->max, &value, &error), &error,
                    row->error);
        g_assert_cmpuint(value, ==, row->error ? 77 : row->value);
}

static const Row ports[] = {
        { "1", 1, NULL },
        { "51820", 51820, NULL },
        { "65535", 65535, NULL },
        { "0", 0, "'0' is not a port: 1 to 65535" },
        { "65536", 0, "'65536' is not a port: 1 to 65535" },
        { "51820x", 0, "'51820x' is not a port: 1 to 65535" },
        { "", 0, "'' is not a port: 1 to 65535" },
};

static void port_row(gconstpointer data)
{
        const Row *row = data;
        g_autoptr(GError) error = NULL;
        guint16 port = 77;

        check_error(wattle_port_parse(row->text, &port, &error), &error, row->error);
        g_assert_cmpuint(port, ==, row->error ? 77 : row->value);
}

static const Row booleans[] = {
        { "yes", TRUE, NULL },
        { "true", TRUE, NULL },
        { "on", TRUE, NULL },
        { "1", TRUE, NULL },
        { "no", FALSE, NULL },
        { "false", FALSE, NULL },
        { "off", FALSE, NULL },
        { "0", FALSE, NULL },
        { "Yes", 0, "'Yes' is neither yes nor no" },
        { "2", 0, "'2' is neither yes nor no" },
        { "", 0, "'' is neither yes nor no" },
};

static void boolean_row(gconstpointer data)
{
        const Row *row = data;
        g_autoptr(GError) error = NULL;
        gboolean value = 77;

        check_error(wattle_boolean_parse(row->text, &value, &error), &error, row->error);
        g_assert_cmpint(value, ==, row->error ? 77 : (gboolean)row->value);
}

static const Row keepalives[] = {
        { "1", 1, NULL },
        { "65535", 65535, NULL },
        { "0", 0, NULL },
        { "off", 0, NULL },
        { "65536", 0, "'65536' is not a number of seconds: 1 to 65535, or off" },
        { "25s", 0, "'25s' is not a number of seconds: 1 to 65535, or off" },
        { "Off", 0, "'Off' is not a number of seconds: 1 to 65535, or off" },
};

static void keepalive_row(gconstpointer data)
{
        const Row *row = data;
        g_autoptr(GError) error = NULL;
        guint16 value = 77;

        check_error(wattle_keepalive_parse(row->text, &value, &error), &error, row->error);
        g_assert_cmpuint(value, ==, row->error ? 77 : row->value);
}

#define NO_MARK " is not a mark: 1 to 4294967295, or in hexadecimal 0x1 to 0xffffffff"

static const Row marks[] = {
        { "252", 252, NULL },
        { "253", 0,
          "'253' is one of 253 to 255, the kernel's own routing tables: take another mark" },
        { "0xff", 0,
          "'0xff' is one of 253 to 255, the kernel's own routing tables: take another mark" },
        { "256", 256, NULL },
        { "1", 1, NULL },
        { "4294967295", G_MAXUINT32, NULL },
        { "0x1", 1, NULL },
        { "0xCafe", 0xcafe, NULL },
        { "0xffffffff", G_MAXUINT32, NULL },
        { "0", 0, "'0'" NO_MARK },
        { "0x0", 0, "'0x0'" NO_MARK },
        { "0x", 0, "'0x'" NO_MARK },
        { "0x1g", 0, "'0x1g'" NO_MARK },
        { "4294967296", 0, "'4294967296'" NO_MARK },
        { "0x100000000", 0, "'0x100000000'" NO_MARK },
        { "0x10000000000000001", 0, "'0x10000000000000001'" NO_MARK },
        { "1/0xff", 0, "'1/0xff'" NO_MARK },
};

static void mark_row(gconstpointer data)
{
        const Row *row = data;
        g_autoptr(GError) error = NULL;
        guint32 value = 77;

        check_error(wattle_mark_parse(row->text, &value, &error), &error, row->error);
        g_assert_cmpuint(value, ==, row->error ? 77 : row->value);
}

#define NO_LABEL " is not a DNS label: 1 to 63 of a-z, 0-9 and inner hyphens, in lower case"

static const Row labels[] = {
        { "a", 0, NULL },
        { "0", 0, NULL },
        { "anna-laptop", 0, NULL },
        { LABEL_63, 0, NULL },
        { LABEL_63 "4", 0, "'" LABEL_63 "4'" NO_LABEL },
        { "", 0, "''" NO_LABEL },
        { "-a", 0, "'-a'" NO_LABEL },
        { "a-", 0, "'a-'" NO_LABEL },
        { "Laptop", 0, "'Laptop' has upper case: write laptop" },
        { "laptop.", 0, "'laptop.' ends in a dot: write laptop" },
        { "a_b", 0, "'a_b' has an underscore, which no host name may have: write a-b" },
        { "My_NAS.", 0, "'My_NAS.' has upper case: write my-nas" },
        { "Laptop..", 0, "'Laptop..'" NO_LABEL },
        { "_a", 0, "'_a'" NO_LABEL },
        { ".", 0, "'.'" NO_LABEL },
        { "a.b", 0, "'a.b'" NO_LABEL },
        { "\xc3\xa4", 0, "'\xc3\xa4'" NO_LABEL },
};

static void label_row(gconstpointer data)
{
        const Row *row = data;
        g_autoptr(GError) error = NULL;

        check_error(wattle_label_check(row->text, &error), &error, row->error);
}

#define NO_NAME " is neither an address nor a DNS name in lower case"

static const Row dns_names[] = {
        { "nas", 0, NULL },
        { "gw.office.example", 0, NULL },
        { "4.example", 0, NULL },
        { NAME_253, 0, NULL },
        { NAME_253 "a", 0, "a DNS name has at most 253 characters" },
        { "", 0, "''" NO_NAME },
        { ".example", 0, "'.example'" NO_NAME },
        { "example.", 0, "'example.' ends in a dot: write example" },
        { "Example.Org.", 0, "'Example.Org.' has upper case: write example.org" },
        { "gw_1.example", 0, "'gw_1.example' has an underscore, which no host name may have" },
        { "Gw_1.example.", 0, "'Gw_1.example.' has an underscore, which no host name may have" },
        { "gw_.example", 0, "'gw_.example'" NO_NAME },
        { "example..", 0, "'example..'" NO_NAME },
        { "a..b", 0, "'a..b'" NO_NAME },
        { "Example.org", 0, "'Example.org' has upper case: write example.org" },
        { "a b", 0, "'a b'" NO_NAME },
        { "10.0.0.256", 0, "'10.0.0.256' is not an IPv4 address" },
        { "10.0.0", 0, "'10.0.0' is not an IPv4 address" },
};

static const Row urls[] = {
        { "https://example.org/home.mesh", 0, NULL },
        { "http://[2001:db8::1]:8080/a/b%20c/home.mesh", 0, NULL },
        { "ftp://example.org/home.mesh", 0,
          "'ftp://example.org/home.mesh' begins with neither https:// nor http://" },
        { "HTTPS://example.org/home.mesh", 0,
          "'HTTPS://example.org/home.mesh' begins with neither https:// nor http://" },
        { "https://example.org", 0,
          "'https://example.org' names no file: https://HOST/PATH/MESH.mesh" },
        { "https:///home.mesh", 0,
          "'https:///home.mesh' names no file: https://HOST/PATH/MESH.mesh" },
        { "https://example.org/meshes/", 0,
          "'https://example.org/meshes/' names no file: https://HOST/PATH/MESH.mesh" },
        { "https://example.org/home.mesh?v=1", 0,
          "'https://example.org/home.mesh?v=1' has a character that no such URL may have: write "
          "%XX for it, and leave out ? and #" },
        { "https://example.org/my mesh", 0,
          "'https://example.org/my mesh' has a character that no such URL may have: write %XX for "
          "it, and leave out ? and #" },
        { "https://me@example.org/home.mesh", 0,
          "'https://me@example.org/home.mesh' has a user or a password, which everybody who has "
          "the profile would read" },
        { "https://example.org/me@home.mesh", 0, NULL },
};

static void url_row(gconstpointer data)
{
        const Row *row = data;
        g_autoptr(GError) error = NULL;

        check_error(wattle_url_check(row->text, &error), &error, row->error);
}

static void dns_name_row(gconstpointer data)
{
        const Row *row = data;
        g_autoptr(GError) error = NULL;

        check_error(wattle_dns_name_check(row->text, &error), &error, row->error);
}

static const Row identifiers[] = {
        { "wg0", 0, NULL },
        { "my_mesh-2", 0, NULL },
        { "_", 0, NULL },
        { "fifteen-letters", 0, NULL },
        { "sixteen-letters-", 0, "'sixteen-letters-' has 16 characters, at most 15 are possible" },
        { "", 0, "'' has a character other than a-z, 0-9, _ and -" },
        { "-rf", 0, "'-rf' has a character other than a-z, 0-9, _ and -" },
        { "Home", 0, "'Home' has upper case: write home" },
        { "Home net", 0, "'Home net' has a character other than a-z, 0-9, _ and -" },
        { "a/b", 0, "'a/b' has a character other than a-z, 0-9, _ and -" },
        { "..", 0, "'..' has a character other than a-z, 0-9, _ and -" },
        { "a%i", 0, "'a%i' has a character other than a-z, 0-9, _ and -" },
};

static void identifier_row(gconstpointer data)
{
        const Row *row = data;
        g_autoptr(GError) error = NULL;

        check_error(wattle_identifier_check(row->text, WATTLE_INTERFACE_NAME_MAX, &error), &error,
                    row->error);
}

static const Row interfaces[] = {
        { "wg0", 0, NULL },
        { "0wg", 0, NULL },
        { "default2", 0, NULL },
        { "sixteen-letters-", 0, "'sixteen-letters-' has 16 characters, at most 15 are possible" },
        { "51820", 0, "'51820' is all digits, which no interface may be" },
        { "all", 0, "'all' means something else to the kernel" },
        { "default", 0, "'default' means something else to the kernel" },
        { "lo", 0, "'lo' means something else to the kernel" },
};

static void interface_row(gconstpointer data)
{
        const Row *row = data;
        g_autoptr(GError) error = NULL;

        check_error(wattle_interface_name_check(row->text, &error), &error, row->error);
}

typedef struct {
        const char *text, *nearest;
} NearestRow;

static const NearestRow nearest[] = {
        { "PublicKey", "PublicKey" }, { "publickey", "PublicKey" }, { "PublikKey", "PublicKey" },
        { "Adress", "Address" },      { "Addresses", "Address" },   { "MTU", "MTU" },
        { "MTUBytes", NULL },         { "Colour", NULL },           { "", NULL },
        { LABEL_63 "x", NULL },
};

static void nearest_row(gconstpointer data)
{
        static const char *const words[] = { "Address", "PublicKey", "MTU" };
        const NearestRow *row = data;

        g_assert_cmpstr(wattle_nearest_word(row->text, words, G_N_ELEMENTS(words)), ==,
                        row->nearest);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_assert_cmpuint(strlen(NAME_253), ==, WATTLE_DNS_NAME_MAX);
        add_rows("/scalar/uint", uints, uint_row);
        add_rows("/scalar/port", ports, port_row);
        add_rows("/scalar/boolean", booleans, boolean_row);
        add_rows("/scalar/keepalive", keepalives, keepalive_row);
        add_rows("/scalar/mark", marks, mark_row);
        add_rows("/scalar/label", labels, label_row);
        add_rows("/scalar/dns-name", dns_names, dns_name_row);
        add_rows("/scalar/url", urls, url_row);
        add_rows("/scalar/identifier", identifiers, identifier_row);
        add_rows("/scalar/interface", interfaces, interface_row);
        add_rows("/scalar/nearest", nearest, nearest_row);
        return g_test_run();
}
