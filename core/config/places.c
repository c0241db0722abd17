/* Which line of which file a key stands at, for messages. Filled by config.c as it reads. */
#include "core/config/places.h"

char *ht_origin_key(const char *group, const char *key)
{
    return g_strconcat(group, "\n", key, NULL);
}

static char *find_place(const struct HtOrigins *origins, const char *group, const char *key, const char *file,
                        unsigned line)
{
    g_autofree char *full = ht_origin_key(group, key);
    const char *place = origins ? g_hash_table_lookup(origins->places, full) : NULL;
    return place ? g_strdup(place) : g_strdup_printf("%s:%u", file, line);
}

char *ht_bus_place(const HtConfig *config, const char *key)
{
    g_autofree char *full = ht_origin_key("bus", key);
    const char *place = g_hash_table_lookup(config->origins->places, full);
    return g_strdup(place ? place : config->file);
}

char *ht_source_place(const HtSourceConfig *source, const char *key)
{
    g_autofree char *group = g_strconcat("source ", source->name, NULL);
    return find_place(source->origins, group, key, source->file, source->line);
}

char *ht_consumer_place(const HtConsumerConfig *consumer, const char *key)
{
    g_autofree char *group = g_strconcat("consumer ", consumer->name, NULL);
    return find_place(consumer->origins, group, key, consumer->file, consumer->line);
}

char *ht_route_place(const HtRouteConfig *route, const char *key)
{
    g_autofree char *group = g_strconcat("route ", route->name, NULL);
    return find_place(route->origins, group, key, route->file, route->line);
}

char *ht_retention_place(const HtRetentionConfig *retention, const char *key)
{
    g_autofree char *group = g_strconcat("retention ", retention->name, NULL);
    return find_place(retention->origins, group, key, retention->file, retention->line);
}
