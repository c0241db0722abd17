/* The life of 测试䶮, who does not exist, from the hospital's certificate on: what seven departments send, each in the form and the encoding
 * that its system really uses. No two of them name the resident in the same way: the hospital knows no number yet, the police tie the
 * certificate to the number, the others know only the number. The grandmother, who does not exist either, gets the allowance of the
 * old, and dies: of her death only the funeral home tells here, which is a hint, and goes to nobody who is not named for it. */
#include "tests/demo/life.h"

#include <stddef.h>

const LifeStep life_steps[] = {
    {"1991-03-15", OFFICE_HEALTH, "出生医学证明", "HL7 CDA", "UTF-8", "health", "1-birth-certificate.xml",
     "person.birth-notified.v1", 1, 0, false},
    {"1991-03-15", OFFICE_POLICE, "出生登记", "XML in SOAP", "GBK", "hukou", "2-birth-registration.xml",
     "person.born.v1", 1, 0, false},
    {"1991-03-15", OFFICE_HEALTH, "预防接种卡", "dose columns", "GBK", "health", "3-vaccination-card.xml",
     "health.vaccinated.v1", 3, 0, false},
    {"1998-09-01", OFFICE_EDUCATION, "学籍登记", "national roll", "GB18030", "education", "8-school.xml",
     "education.enrolled.v1", 1, 0, false},
    {"2011-03-01", OFFICE_CIVIL, "祖母:高龄津贴", "Chinese names", "GBK", "civil-affairs", "15-old-age.xml",
     "benefit.granted.v1", 1, 1, true},
    {"2013-07-01", OFFICE_HRSS, "就业登记", "coded names", "UTF-8", "labour", "9-employment.xml",
     "employment.registered.v1", 1, 0, false},
    {"2013-07-01", OFFICE_HRSS, "参保登记", "attribute rows", "GBK", "social-security", "4-insurance.xml",
     "insurance.enrolled.v1", 1, 0, false},
    {NULL, OFFICE_FUND, "公积金开户", "undeclared rows", "GB18030", "housing-fund", "10-housing-fund.xml",
     "housing.fund-account-changed.v1", 1, 0, false},
    {"2014-03-01", OFFICE_POLICE, "房屋租赁:入住", "XML", "GB18030", "rental", "11-tenant.xml",
     "housing.tenant-moved-in.v1", 1, 0, false},
    {"2014-03-01", OFFICE_POLICE, "暂住登记", "rows, labels", "GB18030", "floating",
     "12-temporary-residence.xml", "person.temporary-residence.v1", 1, 0, false},
    {"2014-09-15", OFFICE_POLICE, "居住证", "XML", "GB18030", "floating", "13-residence-permit.xml",
     "person.residence-permit-issued.v1", 1, 0, false},
    {"2015-03-05", OFFICE_CIVIL, "志愿者注册", "numbered names", "GB18030", "volunteers", "17-volunteer.xml",
     "volunteer.registered.v1", 1, 0, false},
    {"2016-03-31", OFFICE_HRSS, "失业登记", "SOAP, attributes", "GB18030", "labour", "14-unemployment.xml",
     "employment.unemployed.v1", 1, 0, false},
    {"2018-05-20", OFFICE_CIVIL, "结婚登记", "broken XML", "UTF-8", "marriage", "5-marriage.xml",
     "marriage.registered.v1", 2, 1, false},
    {"2019-07-01", OFFICE_POLICE, "迁入登记", "XML", "GB18030", "hukou", "6-move-in.xml",
     "person.moved-in.v1", 1, 0, false},
    {"2019-07-02", OFFICE_FINANCE, "财政电子票据", "EInvoice", "GBK", "non-tax", "18-bill.xml",
     "finance.bill-issued.v1", 1, 0, false},
    {"2021-02-03", OFFICE_CIVIL, "祖母:遗体火化", "XML", "GBK", "funeral", "16-cremation.xml",
     "person.cremated.v1", 1, 1, true},
    {NULL, OFFICE_POLICE, "人口基础信息库", "XML", "gb2312", "population-base", "7-population-base.xml",
     "person.registered.v1", 1, 0, false},
    {.file = NULL},
};
