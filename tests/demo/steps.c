/* Every police and encoding sample: good, repaired, broken, resent, reversed. */
#include "tests/demo/steps.h"

#include <stddef.h>

const Step steps_before[] = {
    {"hukou-birth-gbk.xml", "出生登记 birth", "GBK", AS_PLAIN, "hukou", false},
    {"hukou-birth-gbk.xml", "  the same again", "GBK", AS_PLAIN, "hukou", true},
    {"hukou-death-gb2312.xml", "死亡注销 death, 15-digit number", "gb2312", AS_PLAIN, "hukou", false},
    {"hukou-move-in-gbk.xml", "迁入登记 move in", "GBK", AS_SOAP11, "hukou", false},
    {"hukou-move-out-gb18030.xml", "迁出注销 move out, to the army", "GB 18030", AS_SOAP12, "hukou", false},
    {"hukou-move-in-reversal-gbk.xml", "冲销 the move in, undone", "GBK", AS_PLAIN, "hukou", false},
    {"hukou-correction-gbk.xml", "变更更正 number, name corrected", "GBK", AS_PLAIN, "hukou", false},
    {"hukou-move-permit-010122.xml", "准迁证 move permit", "UTF-8", AS_PLAIN, "hukou", false},
    {"hukou-move-certificate-010124.xml", "迁移证 move certificate, photo", "UTF-8", AS_PLAIN, "hukou",
     false},
    {"hukou-move-certificate-010124.xml", "  the same again", "UTF-8", AS_PLAIN, "hukou", true},
    {"hukou-exchange-ack.xml", "their acknowledgement: code 00", "UTF-8", AS_PLAIN, "hukou", false},
    {"hukou-axis1-rpc-json-in-soap.xml", "Axis answer: JSON in SOAP", "UTF-8", AS_PLAIN, "hukou", false},
    {"nciic-soap-request.xml", "NCIIC request: XML in CDATA in SOAP", "UTF-8", AS_PLAIN, "hukou", false},
    {"nciic-inconditions.xml", "the same request without its SOAP", "UTF-8", AS_PLAIN, "hukou", false},
    {"nciic-result.xml", "NCIIC answer: 一致, 不一致, errors", "UTF-8", AS_PLAIN, "hukou", false},
    {NULL},
};

const Step steps_after[] = {
    {"nciic-soap-response.xml", "NCIIC answer, escaped in SOAP", "UTF-8", AS_PLAIN, "hukou", false},
    {"nciic-error.xml", "NCIIC: the whole call failed (-90)", "UTF-8", AS_PLAIN, "hukou", false},
    {"nciic-too-many.xml", "NCIIC: too many, said in a data row", "GBK", AS_PLAIN, "hukou", false},
    {"nciic-list-gbk.xml", "NCIIC list with a row of labels", "GBK", AS_PLAIN, "hukou", false},
    {"nciic-getcondition-html-gbk.xml", "NCIIC: an HTML table as data", "GBK", AS_PLAIN, "hukou", false},
    {"nciic-spec-example-illegal-comment.xml", "the specification's illegal comment", "UTF-8", AS_PLAIN,
     "hukou", false},
    {"rbsp-query-request.xml", "RBSP request: SQL as condition", "UTF-8", AS_PLAIN, "hukou", false},
    {"rbsp-query-response-gbk.xml", "RBSP answer: array of arrays", "GBK", AS_PLAIN, "hukou", false},
    {"rbsp-query-response-truncated-tag.xml", "RBSP answer, cut inside a tag", "UTF-8", AS_PLAIN, "hukou",
     false},
    {"rbsp-query-error.xml", "RBSP: error 103", "UTF-8", AS_PLAIN, "hukou", false},
    {"soap-fault-axis1.xml", "an Axis fault", "UTF-8", AS_PLAIN, "hukou", false},
    {"http-200-html-error-gb2312.xml", "an HTML error page", "gb2312", AS_PLAIN, "hukou", false},
    {"declared-gb2312-gbk-chars.xml", "says gb2312, holds GBK characters", "GBK", AS_PLAIN, "encodings",
     false},
    {"gb2312-middle-dot.xml", "the dot of minority names", "gb2312", AS_PLAIN, "encodings", false},
    {"declared-gbk-bytes-utf8.xml", "says GBK, is UTF-8", "UTF-8", AS_PLAIN, "encodings", false},
    {"gb18030-four-byte.xml", "four-byte characters", "GB 18030", AS_PLAIN, "encodings", false},
    {"cp936-pua-fe9f.xml", "a character that CP936 lacks", "GBK", AS_PLAIN, "encodings", false},
    {"half-character-gbk.xml", "half a character at a field's end", "GBK", AS_PLAIN, "encodings", false},
    {"middle-dots.xml", "seven look-alike dots", "UTF-8", AS_PLAIN, "encodings", false},
    {"ufffd-names.xml", "U+FFFD already in the data", "UTF-8", AS_PLAIN, "encodings", false},
    {"hukou-birth-gbk.xml", "the first birth, after the crash", "GBK", AS_PLAIN, "hukou", true},
    {NULL},
};
