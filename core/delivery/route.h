/* Routes: which events go to which consumers. Compiled per consumer; asked once for each event. */
#pragma once

#include "core/base/event.h"
#include "core/config/config.h"
#include "mappings/engine/reference/dictionary.h"

typedef struct HtRoutes HtRoutes;

/* The routes that lead to this consumer. Holds both. */
HtRoutes *ht_routes_new(const HtConfig *config, const char *consumer, const HtDictionary *dictionary);
void ht_routes_free(HtRoutes *routes);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtRoutes, ht_routes_free)

/* Whether the event goes to the consumer: one route's source, type and division all fit. Divisions are prefixes, held
 * against division, fromdivision, otherdivisions and presentdivisions. An event type that the dictionary marks as restricted, in whatever version, or does
 * not know needs a route that names it in full: no wildcard reaches it. */
bool ht_routes_match(const HtRoutes *routes, const HtEvent *event);

/* Whether a route is paused. */
typedef bool (*HtRoutePaused)(void *user, const char *route);

/* Whether a paused route fits the event, and no other one. */
bool ht_routes_wait(const HtRoutes *routes, const HtEvent *event, HtRoutePaused paused, void *user);

/* Whether an event type is among those of a pattern: `person.*`; `person.died`, which is every version of it; `person.died.v1`. */
bool ht_route_fits(const char *pattern, HtText type);

/* What is wrong with such a pattern: a sentence for people, who may have meant a type of the dictionary. NULL: nothing. The caller frees. */
char *ht_route_flaw(const HtDictionary *dictionary, const char *pattern);

/* Whether the event's source and type are among these (NULL: all), as routes write them. No type is restricted here. */
bool ht_route_names(char **from, char **types, const HtEvent *event);

/* Whether events of the type may pass the route, whatever their source and division are. */
bool ht_route_reaches(const HtRouteConfig *route, const HtEventType *type);

/* Checks the types of all routes, and of all [retention] sections: every pattern fits an event type of the dictionary, and `*` stands at the end only.
 * Adds `file:line: error: …` for each that does not, and is false then. */
bool ht_routes_check(const HtConfig *config, const HtDictionary *dictionary, GString *errors);
