/* The life of 测试䶮, who does not exist, from the hospital's certificate to a move: seven messages of four departments,
 * each in the form and the encoding that its system really uses. No two of them name the resident in the same way: the
 * hospital knows no number yet, the police tie the certificate to the number, the others know only the number. */
#include "tests/demo/life.h"

#include <stddef.h>

const LifeStep life_steps[] = {
    {"1991-03-15", LANE_HEALTH, "出生医学证明", "HL7 CDA", "UTF-8", "health", "1-birth-certificate.xml",
     "person.birth-notified.v1", 1, 0},
    {"1991-03-15", LANE_POLICE, "出生登记", "XML in SOAP", "GBK", "hukou", "2-birth-registration.xml",
     "person.born.v1", 1, 0},
    {"1991-03-15", LANE_HEALTH, "预防接种卡", "dose columns", "GBK", "health", "3-vaccination-card.xml",
     "health.vaccinated.v1", 3, 0},
    {"2013-07-01", LANE_HRSS, "参保登记", "attribute rows", "GBK", "social-security", "4-insurance.xml",
     "insurance.enrolled.v1", 1, 0},
    {"2018-05-20", LANE_CIVIL, "结婚登记", "broken XML", "UTF-8", "marriage", "5-marriage.xml",
     "marriage.registered.v1", 2, 1},
    {"2019-07-01", LANE_POLICE, "迁入登记", "XML", "GB18030", "hukou", "6-move-in.xml", "person.moved-in.v1",
     1, 0},
    {NULL, LANE_POLICE, "人口基础信息库", "XML", "gb2312", "population-base", "7-population-base.xml",
     "person.registered.v1", 1, 0},
    {.file = NULL},
};
