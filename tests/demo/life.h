/* One resident's life as the departments' systems report it: what is sent, in order, and what must become of it. */
#pragma once

#include <stdbool.h>

typedef enum {
    OFFICE_HEALTH,
    OFFICE_POLICE,
    OFFICE_EDUCATION,
    OFFICE_HRSS,
    OFFICE_FUND,
    OFFICE_CIVIL,
    OFFICE_FINANCE,
    OFFICES
} Office;

typedef struct {
    const char *date; /* when it happened, as the event must say it; NULL: the source gives no time */
    Office office;
    const char *title;
    const char *form, *encoding;
    const char *source;
    const char *file; /* below tests/demo/data */
    const char *type; /* of each event that it makes */
    unsigned events;  /* how many come to the platform */
    unsigned others;  /* of these, about somebody else */
    bool grandmother; /* the others are she, and each time the same */
} LifeStep;

extern const LifeStep life_steps[]; /* ends with a NULL file */
