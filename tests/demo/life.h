/* One resident's life as the departments' systems report it: what is sent, in order, and what must become of it. */
#pragma once

#include <stdbool.h>

typedef enum { LANE_HEALTH, LANE_POLICE, LANE_HRSS, LANE_CIVIL, LANES } Lane;

typedef struct {
    const char *date; /* when it happened, as the event must say it; NULL: the source gives no time */
    Lane lane;
    const char *title;
    const char *form, *encoding;
    const char *source;
    const char *file; /* below tests/demo/data */
    const char *type; /* of each event that it makes */
    unsigned events;  /* how many */
    unsigned others;  /* of these, about somebody else */
} LifeStep;

extern const LifeStep life_steps[]; /* ends with a NULL file */
