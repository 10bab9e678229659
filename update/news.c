/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "update/news.h"

#include <string.h>

#include "common/error.h"

static gboolean is_hash(const char *text)
{
        return strlen(text) == WATTLE_NEWS_HASH_DIGITS &&
               strspn(text, "0123456789abcdef") == WATTLE_NEWS_HASH_DIGITS;
}

gboolean wattle_news_parse(const char *bytes, gsize size, WattleNews *ret, GError **error)
{
        g_autofree char *text = g_strndup(size > 0 ? bytes : "", MIN(size, WATTLE_NEWS_MAX_BYTES));
        g_auto(GStrv) words = NULL;
        WattleNews news = { 0 };

        if (size == 0 || size > WATTLE_NEWS_MAX_BYTES || strlen(text) != size ||
            text[size - 1] != '\n')
                return wattle_error_refuse(error, "it is no line of at most %d bytes",
                                           WATTLE_NEWS_MAX_BYTES);
        text[size - 1] = '\0';
        words = g_strsplit(text, " ", 5);
        if (g_strv_length(words) != 4 || strcmp(words[0], "peer") != 0 || !is_hash(words[3]))
                return wattle_error_refuse(error, "it is not 'peer DEVICE SERIAL HASH'");
        if (!wattle_label_check(words[1], error) ||
            !wattle_uint_parse(words[2], 1, G_MAXINT64, &news.serial, error))
                return FALSE;
        g_strlcpy(news.device, words[1], sizeof news.device);
        g_strlcpy(news.hash, words[3], sizeof news.hash);
        *ret = news;
        return TRUE;
}

static void remove_at(WattleNewsQueue *queue, guint at)
{
        queue->n--;
        memmove(&queue->list[at], &queue->list[at + 1], (queue->n - at) * sizeof queue->list[0]);
}

void wattle_news_add(WattleNewsQueue *queue, const WattleNews *news)
{
        guint at = 0;

        while (at < queue->n && strcmp(queue->list[at].device, news->device) != 0)
                at++;
        if (at < queue->n || queue->n == WATTLE_NEWS_MAX)
                remove_at(queue, at < queue->n ? at : 0);
        queue->list[queue->n++] = *news;
}

/* Where it is in the list of those that failed, or the length of that. */
static guint find_failed(const WattleNewsQueue *queue, const char *device)
{
        guint at = 0;

        while (at < WATTLE_NEWS_FAILED && strcmp(queue->failed[at], device) != 0)
                at++;
        return at;
}

void wattle_news_note(WattleNewsQueue *queue, const char *device, gboolean failed)
{
        guint at = find_failed(queue, device);

        if (at < WATTLE_NEWS_FAILED && !failed)
                queue->failed[at][0] = '\0';
        else if (at == WATTLE_NEWS_FAILED && failed)
                g_strlcpy(queue->failed[queue->n_failures++ % WATTLE_NEWS_FAILED], device,
                          sizeof queue->failed[0]);
}

static gboolean is_before(const WattleNewsQueue *queue, const WattleNews *one,
                          const WattleNews *other)
{
        gboolean one_failed = find_failed(queue, one->device) < WATTLE_NEWS_FAILED;
        gboolean other_failed = find_failed(queue, other->device) < WATTLE_NEWS_FAILED;

        return one_failed != other_failed ? other_failed : one->serial > other->serial;
}

gboolean wattle_news_take(WattleNewsQueue *queue, WattleNews *ret)
{
        guint best = queue->n;

        for (guint i = queue->n; i > 0; i--)
                if (best == queue->n || is_before(queue, &queue->list[i - 1], &queue->list[best]))
                        best = i - 1;
        if (best == queue->n)
                return FALSE;
        *ret = queue->list[best];
        remove_at(queue, best);
        return TRUE;
}
