/* The message of bench-bus and where its changing digits are. Any thread; all is static. */
#include "tests/bench/message.h"

#include <string.h>

#define PERSONS 8000U

/* Runs of zeros stand where fill() writes: the business number four times, the person's number and date of birth. */
static const char message[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?><soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" "
    "xmlns:p=\"urn:example:gov:person:v1\" xmlns:wsa=\"http://www.w3.org/2005/08/addressing\"><soapenv:Header>"
    "<wsa:Action>urn:example:gov:person:v1/PersonChange</wsa:Action><wsa:MessageID>urn:bench:0000000000</wsa:MessageID>"
    "<wsa:To>http://bus.example/in/register</wsa:To><p:Source dept=\"GA\" system=\"register\" version=\"2.1\">police.yuexiu"
    "</p:Source><p:SentAt>2026-06-01T08:30:00+08:00</p:SentAt><p:Trace><p:Span>7f3a9c1e5b2d4860</p:Span></p:Trace>"
    "<p:Signature alg=\"SM3\">3f9a1c77e0b24d5586aa90bb12cd34ef56a7b8c9d0e1f2031425364758697a8b</p:Signature></soapenv:Header>"
    "<soapenv:Body><p:PersonChange><p:Seq>0000000000</p:Seq><p:Reason code=\"03\">户口迁移登记变更</p:Reason>"
    "<p:Person id=\"P0000000000\" op=\"UPDATE\"><p:IdNumber>990104000000000000</p:IdNumber><p:Name>测试甲</p:Name>"
    "<p:FormerName/><p:Sex>1</p:Sex><p:Nation>01</p:Nation><p:BirthDate>0000-00-00</p:BirthDate>"
    "<p:HukouAddress>广东省广州市越秀区测试路19号3栋2单元1101室</p:HukouAddress><p:Residence type=\"current\">"
    "<p:District>440104</p:District><p:Street>广东省广州市越秀区测试路19号3栋2单元1101室</p:Street>"
    "<p:PostCode>510000</p:PostCode></p:Residence><p:Marital>20</p:Marital><p:Education>20</p:Education>"
    "<p:Employer>市第7人民医院 &amp; 附属诊所</p:Employer><p:Phone>13800000000</p:Phone>"
    "<p:Email>p0000000000@example.cn</p:Email><p:Household><p:HeadId>990104198205069922</p:HeadId>"
    "<p:Relation>10</p:Relation></p:Household><p:Status>ACTIVE</p:Status>"
    "<p:EffectiveFrom>2026-06-01T08:30:00+08:00</p:EffectiveFrom></p:Person><p:Operator><p:Code>440104001</p:Code>"
    "<p:OpName>经办一</p:OpName><p:Unit>越秀分局测试派出所</p:Unit><p:Remark>申请人因工作调动申请户口迁移，材料齐全，"
    "经审核符合规定，准予登记；原户籍所在地已出具迁移证明。</p:Remark></p:Operator></p:PersonChange></soapenv:Body>"
    "</soapenv:Envelope>";

const char *bench_message(gsize *size)
{
    *size = sizeof message - 1;
    return message;
}

static void put_digits(char *at, unsigned digits, uint64_t number)
{
    while (digits > 0) {
        at[--digits] = (char)('0' + number % 10);
        number /= 10;
    }
}

/* GB 11643: the last digit makes the weighted sum 1 modulo 11. */
static char check_digit(const char *number)
{
    static const unsigned weights[17] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
    unsigned sum = 0;
    for (unsigned i = 0; i < 17; i++) {
        sum += (unsigned)(number[i] - '0') * weights[i];
    }
    return "10X98765432"[sum % 11];
}

/* Behind the six digits 990104, which no division has: date of birth, a number that is odd (male, as in <Sex>). */
static void put_person(char *id_number, char *birth_date, unsigned person)
{
    unsigned year = 1940 + person % 60, month = 1 + person / 60 % 12, day = 1 + person / 720 % 28;
    put_digits(id_number + 6, 8, year * 10000 + month * 100 + day);
    put_digits(id_number + 14, 3, 901 + person % 49 * 2);
    id_number[17] = check_digit(id_number);
    put_digits(birth_date, 4, year);
    put_digits(birth_date + 5, 2, month);
    put_digits(birth_date + 8, 2, day);
}

/* Where the text begins that follows `mark` in the message. */
static size_t find(const char *mark)
{
    return (size_t)(strstr(message, mark) - message) + strlen(mark);
}

void bench_message_fill(char *body, uint64_t number)
{
    static size_t message_id, sequence, person_id, email, id_number, birth_date;
    if (birth_date == 0) {
        message_id = find("urn:bench:");
        sequence = find("<p:Seq>");
        person_id = find("id=\"P");
        email = find("<p:Email>p");
        id_number = find("<p:IdNumber>");
        birth_date = find("<p:BirthDate>");
    }
    put_digits(body + message_id, 10, number);
    put_digits(body + sequence, 10, number);
    put_digits(body + person_id, 10, number);
    put_digits(body + email, 10, number);
    put_person(body + id_number, body + birth_date, (unsigned)(number % PERSONS));
}
