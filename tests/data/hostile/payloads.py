"""Hostile payloads, how each is made, and what must become of it. A table for tests/e2e/hostile-payloads.py, which says what is held besides;
README.md says what a row is."""
import base64
import gzip
import io
import itertools
import struct
import zipfile
import zlib

# What of a payload may be found nowhere: a word, a number of nobody (99), a name of nobody.
WORD, NUMBER, NAME = "Wohnhaft", "990104195008179950", "测试丁"
MARK = f"{WORD} {NUMBER} {NAME}".encode()
EVIL = b"evil.wohnhaft.example"
SOAP_11, SOAP_12 = b"http://schemas.xmlsoap.org/soap/envelope/", b"http://www.w3.org/2003/05/soap-envelope"
XOP = b"http://www.w3.org/2004/08/xop/include"
MIB = 1 << 20
SNOOP = b"127.0.0.1:{snoop}"  # an address at which the test listens: nobody may come

numbers = itertools.count(1)


def rec(name=MARK, more=b"", root=b"person"):
    """A record that the source takes, with a number that no other has."""
    return b"<%s><number>%d</number><place>440104001003</place><name>%s</name>%s</%s>" % (root, next(numbers), name, more, root)


def many(piece, count):
    return b"".join(piece % number for number in range(count))


def soap(body, header=b"", version=SOAP_11, behind=b""):
    return b'<s:Envelope xmlns:s="%s">%s<s:Body>%s</s:Body>%s</s:Envelope>' % (version, header, body, behind)


def block(text, attributes=b""):
    return b'<s:Header><x:h xmlns:x="urn:x" %s>%s</x:h></s:Header>' % (attributes, text)


def references(to, often=1, attribute=b"href='#%d'"):
    return (b"<a " + attribute % to + b"/>") * often


def reference_bomb(levels, width, attribute=b"href='#%d'", name=b"id='%d'", version=SOAP_11, declared=b""):
    """`levels` elements, each of which has the next one `width` times."""
    inner = b"".join(b"<m %s>%s</m>" % (name % i, references(i + 1, width, attribute)) for i in range(levels))
    inner = b"<r>%s</r>%s<m %s>x</m>" % (references(0, 1, attribute), inner, name % levels)
    return soap(inner, version=version).replace(b"<s:Body>", b"<s:Body " + declared + b">", 1)


def mime(*parts, boundary=b"cut", end=b"--", preamble=b""):
    """Each part is (head lines, body)."""
    text = b"".join(b"--%s\r\n%s\r\n\r\n%s\r\n" % (boundary, head, body) for head, body in parts)
    return preamble + text + b"--" + boundary + end + b"\r\n"


XML_PART = b"Content-Type: text/xml"
RELATED = 'multipart/related; type="application/xop+xml"; start="<doc>"; boundary=cut'
DOC_PART = b"Content-Type: application/xop+xml; type=\"text/xml\"\r\nContent-ID: <doc>"
FILE_PART = b"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\nContent-ID: <%s>"


def include(cid=b"cid:file"):
    return b"<photo><i:Include xmlns:i='%s' href='%s'/></photo>" % (XOP, cid)


def archive(*entries, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as packed:
        for name, body in entries:
            packed.writestr(zipfile.ZipInfo(name) if method == zipfile.ZIP_STORED else name, body, compress_type=method)
    return out.getvalue()


def patched(packed, *changes):
    """Bytes of an archive replaced: (signature of the header, offset behind it, format, value)."""
    packed = bytearray(packed)
    for signature, offset, form, value in changes:
        at = packed.find(signature)
        while at >= 0:
            struct.pack_into(form, packed, at + offset, value)
            at = packed.find(signature, at + 4)
    return bytes(packed)


LOCAL, CENTRAL, END = b"PK\3\4", b"PK\1\2", b"PK\5\6"


def overlapping():
    """An archive of one body, to which a thousand entries of the directory lead."""
    body = archive(("a.xml", rec() + b" " * 900000))
    at = body.index(CENTRAL)
    entry = body[at:body.index(END)]
    return body[:at] + entry * 1000 + struct.pack("<4sHHHHIIH", END, 0, 0, 1000, 1000, len(entry) * 1000, at, 0)


def post(body=b"<a/>", more=b"", path=b"/in/xml", length=True, host=b"Host: bus\r\n", line=b"HTTP/1.1", type_=b"Content-Type: text/xml\r\n"):
    """The bytes of a request."""
    head = b"Content-Length: %d\r\n" % len(body) if length else b""
    return b"POST " + path + b" " + line + b"\r\n" + host + b"Connection: close\r\n" + type_ + head + more + b"\r\n" + body


def get(path=b"/in/xml?wsdl", more=b"", host=b"Host: bus\r\n"):
    return b"GET " + path + b" HTTP/1.1\r\n" + host + b"Connection: close\r\n" + more + b"\r\n"


def chunks(*lines):
    return post(b"".join(lines), b"Transfer-Encoding: chunked\r\n", length=False)


ROWS = []


def rows(kind, *table, **defaults):
    for name, made, answer, *more in table:
        row = {"kind": kind, "name": name, "made": made, "answer": answer, "type": "text/xml", "headers": (), "bus": 24, "host": 24,
               "cpu": 2.0, "end": False, **defaults, **(more[0] if more else {})}
        ROWS.append(row)


DTD = b"<!DOCTYPE person [%s]>"

rows("xml",
     ("entities-in-entities", lambda: DTD % (b"<!ENTITY a '" + MARK + b"'>" + b"".join(
         b"<!ENTITY %c '%s'>" % (98 + i, b"&%c;" % (97 + i) * 10) for i in range(10))) + rec(b"&k;"), "400 doctype-refused"),
     ("one-large-entity-often", lambda: DTD % (b"<!ENTITY a '" + b"x" * 100000 + b"'>") + rec(b"&a;" * 10000), "400 doctype-refused"),
     ("entity-of-a-file", lambda: DTD % b"<!ENTITY a SYSTEM 'file:///etc/passwd'>" + rec(b"&a;"), "400 doctype-refused"),
     ("entity-of-a-device", lambda: DTD % b"<!ENTITY a SYSTEM 'file:///dev/zero'>" + rec(b"&a;"), "400 doctype-refused"),
     ("entity-over-http", lambda: DTD % (b"<!ENTITY a SYSTEM 'http://" + SNOOP + b"/a'>") + rec(b"&a;"), "400 doctype-refused"),
     ("parameter-entity-over-http", lambda: DTD % (b"<!ENTITY % p SYSTEM 'http://" + SNOOP + b"/p'>%p;") + rec(), "400 doctype-refused"),
     ("dtd-of-a-file", lambda: b"<!DOCTYPE person SYSTEM 'file:///etc/passwd'>" + rec(), "400 doctype-refused"),
     ("dtd-over-http", lambda: b"<!DOCTYPE person PUBLIC '-//x' 'http://" + SNOOP + b"/x.dtd'>" + rec(), "400 doctype-refused"),
     ("dtd-behind-comments", lambda: b"<?xml version='1.0'?>" + b"<!-- x -->\n<?p?>" * 1000 + DTD % b"" + rec(), "400 doctype-refused"),
     ("dtd-in-cdata", lambda: b"<d><![CDATA[" + DTD % b"<!ENTITY a 'b'>" + rec() + b"]]></d>", "400 doctype-refused"),
     ("dtd-in-an-escaped-text", lambda: b"<d>" + (DTD % b"" + rec()).replace(b"<", b"&lt;") + b"</d>", "400 doctype-refused"),
     ("dtd-in-a-value-that-stays-one", lambda: rec(more=b"<d>&lt;!DOCTYPE person>&lt;person/></d>"), "200 1"),
     ("dtd-behind-the-root", lambda: rec() + DTD % b"", "400"),
     ("attributes-by-dtd", lambda: DTD % b"<!ATTLIST person place CDATA '440104001003'>" + rec(), "400 doctype-refused"),
     ("notation-and-unparsed-entity", lambda: DTD % b"<!NOTATION n SYSTEM 'x'><!ENTITY u SYSTEM 'file:///etc/passwd' NDATA n>" + rec(),
      "400 doctype-refused"),
     ("entity-that-nobody-declared", lambda: rec(b"&" + WORD.encode() + b";"), "400 not-well-formed"),
     ("xinclude", lambda: rec(more=b"<x:include xmlns:x='http://www.w3.org/2001/XInclude' parse='text' href='file:///etc/passwd'/>"),
      "200 1"),
     ("xinclude-over-http", lambda: rec(more=b"<x:include xmlns:x='http://www.w3.org/2001/XInclude' href='http://" + SNOOP + b"/'/>"),
      "200 1"),
     ("schema-location", lambda: rec(more=b"<x xmlns:i='http://www.w3.org/2001/XMLSchema-instance' i:schemaLocation='u http://" + SNOOP +
                                     b"/x.xsd'/>"), "200 1"),
     ("stylesheet", lambda: b"<?xml-stylesheet type='text/xsl' href='http://" + SNOOP + b"/x.xsl'?>" + rec(), "200 1"),
     ("deep", lambda: b"<a>" * 65 + b"</a>" * 65, "413 too-deep"),
     ("very-deep", lambda: b"<a>" * MIB + b"</a>" * MIB, "413 too-deep", {"host": 96}),
     ("deep-without-end", lambda: b"<a b='c'>" * MIB, "413 too-deep", {"host": 96}),
     ("deep-in-a-text", lambda: b"<d><![CDATA[" + b"<a>" * MIB + b"</a>" * MIB + b"]]></d>", "422 unknown-document", {"host": 96}),
     ("deep-in-a-value-that-stays-one", lambda: rec(more=b"<d><![CDATA[" + b"<a>" * MIB + b"</a>" * MIB + b"]]></d>"), "200 1", {"host": 96}),
     ("documents-in-documents", lambda: nest(40), "200 1"),
     ("large-attribute", lambda: rec(more=b"<d e='" + b"x" * (9 * MIB) + b"'/>"), "413", {"host": 96}),
     ("large-text", lambda: rec(b"x" * (9 * MIB)), "413 value-too-long", {"host": 96}),
     ("large-text-in-pieces", lambda: rec((b"<![CDATA[" + b"x" * 100 + b"]]>") * 90000), "413 value-too-long", {"host": 96, "bus": 64}),
     ("large-name", lambda: rec(more=b"<" + b"x" * 60000 + b"/>"), "413"),
     ("larger-name", lambda: rec(more=b"<" + b"x" * (15 * MIB) + b"/>"), "413", {"host": 96}),
     ("large-namespace", lambda: rec(more=b"<x:a xmlns:x='" + b"u" * (9 * MIB) + b"'/>"), "413", {"host": 96}),
     ("attributes", lambda: b"<person" + many(b" a%d=''", 1000000) + b"/>", "413", {"host": 96}),
     ("attributes-on-many", lambda: b"<r>" + (b"<a" + many(b" a%d='1'", 250) + b"/>") * 4000 + b"</r>", "422 unknown-document",
      {"cpu": 8.0}),
     ("namespaces", lambda: b"<person" + many(b" xmlns:a%d='u%d'".replace(b"u%d", b"u"), 700000) + b"/>", "413", {"host": 96}),
     ("namespaces-on-each-level", lambda: many(b"<a xmlns:a%d='u'>", 60) + b"</a>" * 60, "422 unknown-document"),
     ("names", lambda: b"<r>" + many(b"<n%d/>", 1000000) + b"</r>", "413 too-many-names", {"host": 96}),
     ("long-names", lambda: b"<r>" + many(b"<n%d" + b"x" * 8000 + b"/>", 1900) + b"</r>", "422 unknown-document", {"host": 96}),
     ("elements", lambda: b"<r>" + b"<a/>" * 3900000 + b"</r>", "422 unknown-document", {"cpu": 20.0, "host": 96}),
     ("comments", lambda: b"<!---->" * 2200000 + rec(), "200 1", {"cpu": 20.0}),
     ("one-large-comment", lambda: b"<!--" + b"x" * (15 * MIB) + b"-->" + rec(), "200 1", {"cpu": 20.0}),
     ("instructions", lambda: b"<?p ?>" * 2500000 + rec(), "200 1", {"cpu": 20.0}),
     ("one-large-instruction", lambda: rec(more=b"<?p " + b"x" * (15 * MIB) + b"?>"), "400 not-well-formed", {"host": 96}),
     ("empty-cdata", lambda: rec(b"<![CDATA[]]>" * 1300000 + MARK), "200 1", {"cpu": 20.0}),
     ("character-references", lambda: rec(b"&#x4e00;" * 1900000), "200 1", {"cpu": 20.0, "host": 96, "bus": 64}),
     ("references-to-nothing", lambda: rec(b"&#0;&#xFFFF;&#x110000;&#xD800;"), "400"),
     ("blanks", lambda: b" \n" * (7 * MIB) + rec(), "200 1", {"cpu": 20.0, "host": 96}),
     ("records-that-lack-all", lambda: b"<r>" + b"<person/>" * 100000 + b"</r>", "422", {"cpu": 20.0}),
     ("two-roots", lambda: rec() + rec(), "400"),
     ("text-behind", lambda: rec() + MARK, "400"),
     ("cut-in-a-tag", lambda: rec()[:-5], "400 not-well-formed"),
     ("cut-in-an-attribute", lambda: b"<person a='" + MARK, "400 not-well-formed"),
     ("cut-in-cdata", lambda: b"<person><name><![CDATA[" + MARK, "400 not-well-formed"),
     ("cut-in-a-comment", lambda: b"<person><!-- " + MARK, "400 not-well-formed"),
     ("cut-in-the-declaration", lambda: b"<?xml version='1.0' encoding='" + MARK, "400"),
     ("nothing", lambda: b"", "400 empty"),
     ("nothing-but-blanks", lambda: b" \r\n\t" * MIB, "400 empty"),
     ("two-declarations", lambda: b"<?xml version='1.0'?><?xml version='1.0'?>" + rec(), "400 not-well-formed"),
     ("controls", lambda: rec(b"\x01\x02\x1b" + MARK), "400 not-well-formed"),
     ("same-attribute-twice", lambda: rec(more=b"<d a='1' a='2'/>"), "400 not-well-formed"),
     ("same-attribute-by-two-prefixes", lambda: rec(more=b"<d xmlns:p='u' xmlns:q='u' p:a='1' q:a='2'/>"), "400 namespace-not-well-formed"),
     ("prefix-of-nobody", lambda: rec(more=b"<q:d/>"), "400 namespace-not-well-formed"),
     ("page-of-a-proxy", lambda: b"<!DOCTYPE html><html><body>" + MARK + b"</body></html>", "400"),
     ("declared-version-nine", lambda: b"<?xml version='9.9'?>" + rec(), "200 1"),
     )


def nest(levels):
    """Records in texts of records, each escaped once more, as far as that grows."""
    inner = b"x"
    for _ in range(levels):
        inner = rec(more=b"<d><![CDATA[" + inner.replace(b"]]>", b"]]]]><![CDATA[>") + b"]]></d>")
        if len(inner) > MIB:
            break
    return inner


def said(encoding, text, declared=None):
    return ("<?xml version='1.0' encoding='%s'?>%s" % (declared or encoding, text.decode())).encode(encoding, "xmlcharrefreplace")


rows("encoding",
     ("utf-7", lambda: b"<?xml version='1.0' encoding='utf-7'?>+ADw-person/+AD4-", "415 unsupported-encoding"),
     ("utf-7-in-the-type", rec, "415 unsupported-encoding", {"type": "text/xml; charset=utf-7"}),
     ("hz", lambda: said("hz", rec()), "415 unsupported-encoding"),
     ("iso-2022-jp", lambda: said("iso-2022-jp", rec(b"x")), "415 unsupported-encoding"),
     ("iso-2022-kr", lambda: said("iso-2022-kr", rec(b"x")), "415 unsupported-encoding"),
     ("ebcdic", lambda: said("cp037", rec(b"x"), "IBM037"), "415 unsupported-encoding"),
     ("ebcdic-said-only", lambda: b"<?xml version='1.0' encoding='IBM037'?>" + rec(), "415 unsupported-encoding"),
     ("utf-32", lambda: said("utf-32-le", rec(), "utf-32"), "415 unsupported-encoding"),
     ("utf-32-with-mark", lambda: "\ufeff".encode("utf-32-le") + rec().decode().encode("utf-32-le"), "415 unsupported-encoding"),
     ("utf-16-without-mark", lambda: said("utf-16-le", rec(), "utf-16"), "200 1"),
     ("utf-16-without-mark-or-word", lambda: rec().decode().encode("utf-16-be"), "200 1"),
     ("utf-16-with-the-other-mark", lambda: b"\xff\xfe" + rec().decode().encode("utf-16-be"), "400"),
     ("utf-16-cut", lambda: said("utf-16", rec())[:-1], "400"),
     ("utf-16-half-a-pair", lambda: b"\xff\xfe" + rec().decode().encode("utf-16-le").replace("W".encode("utf-16-le"), b"\x00\xd8", 1), "200 1"),
     ("utf-16-said-only", lambda: b"<?xml version='1.0' encoding='utf-16'?>" + rec(), "200 1"),
     ("mark-against-the-declaration", lambda: b"\xef\xbb\xbf" + said("utf-8", rec(), "utf-16"), "200 1"),
     ("utf-16-mark-against-the-declaration", lambda: b"\xff\xfe" + said("utf-16-le", rec(), "gbk"), "200 1"),
     ("gbk-said-utf-8", lambda: said("gbk", rec(), "utf-8"), "200 1"),
     ("utf-8-said-gbk", lambda: said("utf-8", rec(), "gbk"), "200 1"),
     ("gbk-said-latin-1", lambda: said("gbk", rec(), "iso-8859-1"), "200 1"),
     ("unknown", lambda: said("utf-8", rec(), WORD), "415 unsupported-encoding"),
     ("a-very-long-name", lambda: said("utf-8", rec(), "x" * 100000), "400 not-well-formed"),
     ("charset-is-a-person", rec, "415 unsupported-encoding", {"type": "text/xml; charset=" + WORD + NUMBER}),
     ("charset-is-a-person-in-soap", lambda: soap(rec()), "415 unsupported-encoding", {"type": "text/xml; charset=" + WORD + NUMBER}),
     ("overlong-markup", lambda: rec(b"\xc0\xbcscript\xc0\xbe"), "200 1"),
     ("overlong-nul", lambda: rec(b"a\xc0\x80b"), "200 1"),
     ("above-unicode", lambda: rec(b"a\xf4\x90\x80\x80b"), "200 1"),
     ("five-bytes", lambda: rec(b"a\xf8\x88\x80\x80\x80b"), "200 1"),
     ("half-a-pair", lambda: rec(b"a\xed\xa0\x80b"), "200 1"),
     ("pair-in-six-bytes", lambda: rec(b"a\xed\xa1\x82\xed\xbe\xb7b"), "200 1"),
     ("no-characters", lambda: rec(b"a\xef\xbf\xbe\xef\xbf\xbfb"), "400"),
     ("nul-in-a-value", lambda: rec(b"a\0b"), "400"),
     ("nul-behind-the-root", lambda: rec() + b"\0" + rec(), "400"),
     ("nothing-but-nul", lambda: b"\0" * 100000, "400"),
     ("mark-in-the-middle", lambda: rec(b"a\xef\xbb\xbfb"), "200 1"),
     ("two-marks", lambda: b"\xef\xbb\xbf\xef\xbb\xbf" + rec(), "200 1"),
     ("mark-between-elements", lambda: b"<r>\xef\xbb\xbf" + rec() + b"</r>", "422 unknown-document"),
     ("cut-character-at-the-end", lambda: rec() + b"\xe4\xb8", "400 not-well-formed"),
     ("invisible-and-turned-text", lambda: rec("测\u202e\u200b\u2066试".encode()), "200 1"),
     )

MUST = b"s:mustUnderstand='1'"

rows("soap",
     ("dtd", lambda: DTD % b"<!ENTITY a SYSTEM 'file:///etc/passwd'>" + soap(rec(b"&a;")), "400 doctype-refused"),
     ("dtd-in-the-body", lambda: soap(DTD % b"" + rec()), "500"),
     ("instruction-in-1.2", lambda: soap(b"<?p " + MARK + b"?>" + rec(), version=SOAP_12), "500 soap-malformed"),
     ("other-version", lambda: soap(rec(), version=b"urn:" + WORD.encode()), "500 soap:VersionMismatch"),
     ("header-that-must-be-understood", lambda: soap(rec(), block(MARK, MUST)), "500 soap:MustUnderstand"),
     ("header-for-another", lambda: soap(rec(), block(MARK, MUST + b" s:actor='urn:" + WORD.encode() + b"'")), "200 1"),
     ("header-for-next", lambda: soap(rec(), block(MARK, MUST + b" s:actor='http://schemas.xmlsoap.org/soap/actor/next'")),
      "500 soap:MustUnderstand"),
     ("must-perhaps", lambda: soap(rec(), block(MARK, b"s:mustUnderstand='" + MARK + b"'")), "500"),
     ("ten-thousand-headers", lambda: soap(rec(), b"<s:Header>" + many(b"<x:h%d xmlns:x='urn:x' s:mustUnderstand='1'/>", 10000) +
                                           b"</s:Header>", SOAP_12), "500", {"type": "application/soap+xml"}),
     ("security-that-nobody-asked-for", lambda: soap(rec(), b"<s:Header><w:Security s:mustUnderstand='1' xmlns:w='http://docs.oasis-open.org/"
                                                     b"wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd'>" + MARK +
                                                     b"</w:Security></s:Header>"), "500 soap:MustUnderstand"),
     ("reply-to-elsewhere", lambda: soap(rec(), b"<s:Header xmlns:a='http://www.w3.org/2005/08/addressing'><a:ReplyTo><a:Address>http://" +
                                         SNOOP + b"/</a:Address></a:ReplyTo><a:FaultTo><a:Address>http://" + SNOOP +
                                         b"/</a:Address></a:FaultTo></s:Header>"), "200 1"),
     ("two-bodies", lambda: soap(rec(), behind=b"<s:Body>" + rec() + b"</s:Body>"), "500 soap-malformed"),
     ("record-in-the-header", lambda: soap(rec(), block(rec())), "500 soap-outside-body"),
     ("envelope-in-an-envelope", lambda: soap(soap(rec())), "500 soap-malformed"),
     ("envelopes-in-texts", lambda: soap(b"<a>" + soap(rec()).replace(b"<", b"&lt;") + b"</a>"), "500"),
     ("empty-body", lambda: soap(b""), "500 soap-body-empty"),
     ("fault", lambda: soap(b"<s:Fault><faultcode>s:Server</faultcode><faultstring>" + MARK + b"</faultstring></s:Fault>"),
      "500 soap-fault-received"),
     ("other-action", lambda: soap(rec()), "500 soap-action-mismatch", {"headers": (b'SOAPAction: "urn:%s"' % WORD.encode(),)}),
     ("large-action", lambda: soap(rec()), "431", {"headers": (b"SOAPAction: " + b"x" * 60000,)}),
     ("references-doubling", lambda: reference_bomb(20, 2), "500 too-many-elements", {"cpu": 0.3}),
     ("references-times-ten", lambda: reference_bomb(8, 10), "500 too-many-elements", {"cpu": 0.3}),
     ("references-doubling-in-1.2", lambda: reference_bomb(
         20, 2, b"c:ref='%d'", b"c:id='%d'", SOAP_12, b"xmlns:c='http://www.w3.org/2003/05/soap-encoding'"), "500 too-many-elements",
      {"cpu": 0.3}),
     ("references-in-a-chain", lambda: soap(b"<r>" + references(0, 30000) + b"</r>" + b"".join(
         b"<m id='%d' href='#%d'/>" % (i, i + 1) for i in range(30000)) + b"<m id='30000'>x</m>"), "500 operation-unknown", {"cpu": 5.0}),
     ("references-in-a-ring", lambda: soap(b"<r><a href='#0'/></r><m id='0'><a href='#1'/></m><m id='1'><a href='#0'/></m>"), "500 href-cycle"),
     ("reference-to-itself", lambda: soap(b"<r><a href='#0'/></r><m id='0'><a href='#0'/></m>"), "500 href-cycle"),
     ("reference-to-nothing", lambda: soap(b"<r><a href='#" + WORD.encode() + b"'/></r>"), "500 href-missing"),
     ("reference-over-http", lambda: soap(b"<r><a href='http://" + SNOOP + b"/'/></r>"), "500 href-not-local"),
     ("reference-to-a-file", lambda: soap(b"<r><a href='file:///etc/passwd'/></r>"), "500 href-not-local"),
     ("attachment-that-is-not-there", lambda: soap(rec(more=include())), "500 attachment-missing"),
     ("arrays-of-absurd-size", lambda: soap(rec(more=b"<d xmlns:c='http://schemas.xmlsoap.org/soap/encoding/' c:offset='[99999999999]' "
                                                b"c:arrayType='c:int[2147483647,2147483647]'><i>1</i></d>")), "200 1"),
     )

PERSON = '{"person":{"number":"%d","place":"440104001003","name":%s}}'


def person(name='"' + WORD + '"'):
    return (PERSON % (next(numbers), name)).encode()


rows("json",
     ("deep-arrays", lambda: b"[" * 5000000, "413 too-deep"),
     ("deep-objects", lambda: b'{"a":' * 1000000 + b"1" + b"}" * 1000000, "413 too-deep"),
     ("deep-enough", lambda: b'{"a":[' * 40 + b"1" + b"]}" * 40, "422 unknown-document"),
     ("same-name-twice", lambda: ('{"person":{"number":"%d","number":"%d","place":"440104001003","name":"%s"}}' % (
         next(numbers), next(numbers), WORD)).encode(), "200 1"),
     ("same-name-often", lambda: b'{"person":{' + b'"name":"x",' * 1000000 + b'"name":"y"}}', "200 1", {"cpu": 10.0, "host": 96}),
     ("million-names", lambda: b'{"person":{' + many(b'"n%d":1,', 1000000) + b'"name":"y"}}', "413 too-many-names", {"host": 96}),
     ("huge-number", lambda: person("1" * 1000000), "200 1"),
     ("huge-exponent", lambda: person("1e999999999"), "200 1"),
     ("not-a-number", lambda: person("NaN"), "400 json-malformed"),
     ("infinity", lambda: person("-Infinity"), "400 json-malformed"),
     ("hexadecimal", lambda: person("0x10"), "400 json-malformed"),
     ("zero-in-front", lambda: person("0123"), "400 json-malformed"),
     ("half-a-pair", lambda: person('"a\\ud800b"'), "200 1"),
     ("pair-turned-round", lambda: person('"a\\udfb7\\ud842b"'), "200 1"),
     ("nul-escaped", lambda: person('"a\\u0000b"'), "200 1"),
     ("nul-in-a-name", lambda: b'{"person\\u0000":{"name":"x"}}', "422 unknown-document"),
     ("control", lambda: person('"a\x01b"'), "400 json-malformed"),
     ("line-feed-in-a-text", lambda: person('"a\nb"'), "400 json-malformed"),
     ("text-behind", lambda: person() + b"x", "400 json-malformed"),
     ("two-objects", lambda: person() + person(), "400 json-malformed"),
     ("comma-behind", lambda: b'{"person":{"name":"x",}}', "400 json-malformed"),
     ("comments", lambda: b'{/* ' + MARK + b' */"person":{}}', "400 json-malformed"),
     ("single-quotes", lambda: b"{'person':{}}", "400 json-malformed"),
     ("mark-in-front", lambda: b"\xef\xbb\xbf" + person(), "200 1"),
     ("mark-in-the-middle", lambda: b'{\xef\xbb\xbf"person":{}}', "400 json-malformed"),
     ("utf-16", lambda: person().decode().encode("utf-16"), "200 1"),
     ("markup-in-a-name", lambda: b'{"<person><name>":"x","person/name":"y","":"z"}', "422"),
     ("markup-in-a-text", lambda: person('"<![CDATA[' + WORD + ']]>"'), "200 1"),
     ("dtd-in-a-text", lambda: person('"<!DOCTYPE x [<!ENTITY a SYSTEM \'file:///etc/passwd\'>]><x>&a;</x>"'), "200 1"),
     ("large-name", lambda: b'{"' + b"n" * (9 * MIB) + b'":1}', "422 unknown-document", {"host": 96}),
     ("large-text", lambda: person('"' + "x" * (9 * MIB) + '"'), "413 value-too-long", {"host": 96}),
     ("texts-in-texts", lambda: json_nest(12), "422"),
     ("cut", lambda: person()[:-3], "400 json-malformed"),
     ("cut-in-an-escape", lambda: b'{"person":"\\u00', "400 json-malformed"),
     ("bare-word", lambda: b"[nul]", "400 json-malformed"),
     ("backslashes", lambda: person('"' + "\\\\" * 2000000 + WORD + '"'), "200 1", {"cpu": 10.0, "host": 96}),
     type="application/json")


def json_nest(levels):
    import json
    text = '{"a":"%s"}' % WORD
    for _ in range(levels):
        text = json.dumps({"a": text})
    return text.encode()


ZEROS = rec(b"x").replace(b"</person>", b" " * (40 * MIB) + b"</person>")
MIXED = "multipart/mixed; boundary=cut"

rows("multipart",
     ("no-boundary", lambda: mime((XML_PART, rec())), "400", {"type": "multipart/mixed"}),
     ("empty-boundary", lambda: mime((XML_PART, rec()), boundary=b""), "400", {"type": 'multipart/mixed; boundary=""'}),
     ("boundary-that-is-not-there", rec, "400 multipart-malformed"),
     ("very-long-boundary", lambda: mime((XML_PART, rec()), boundary=b"x" * 5000), "400", {"type": "multipart/mixed; boundary=" + "x" * 5000}),
     ("boundary-is-a-person", lambda: b"--" + WORD.encode(), "400 multipart-malformed", {"type": "multipart/mixed; boundary=" + WORD}),
     ("no-end", lambda: mime((XML_PART, rec()), end=b""), "400 multipart-malformed"),
     ("cut-in-a-part", lambda: mime((XML_PART, rec()))[:-40], "400 multipart-malformed"),
     ("something-behind-the-end", lambda: mime((XML_PART, rec())) + rec(), "400 multipart-malformed"),
     ("nothing-in-it", lambda: b"--cut--\r\n", "400"),
     ("multipart-in-multipart", lambda: mime((b"Content-Type: multipart/mixed; boundary=in", mime((XML_PART, rec()), boundary=b"in"))),
      "415 part-nested"),
     ("archive-in-multipart", lambda: mime((b"Content-Type: application/zip", archive(("a.xml", rec())))), "415 part-nested"),
     ("huge-head-of-a-part", lambda: mime((XML_PART + b"\r\nX: " + b"x" * (9 * MIB), rec())), "400 multipart-malformed"),
     ("many-heads-of-a-part", lambda: mime((XML_PART + many(b"\r\nX%d: y", 500000), rec())), "400 multipart-malformed"),
     ("head-without-colon", lambda: mime((XML_PART + b"\r\n" + MARK, rec())), "400 multipart-malformed"),
     ("many-parts", lambda: mime(*[(XML_PART, b"<a/>")] * 100000), "413 too-many-parts"),
     ("empty-parts", lambda: b"--cut\r\n\r\n" * 900000 + b"--cut--\r\n", "400 multipart-malformed"),
     ("large-preamble", lambda: mime((XML_PART, rec()), preamble=b"x\r\n" * (4 * MIB)), "200 1", {"host": 96}),
     ("nearly-boundaries", lambda: mime((XML_PART, rec(more=b"<d>" + b"\r\n--cu" * 2000000 + b"</d>"))), "413 value-too-long", {"cpu": 10.0, "host": 96}),
     ("name-that-climbs", lambda: mime((XML_PART + b'\r\nContent-Disposition: attachment; filename="../../../etc/' + MARK + b'"', rec())),
      "200 1"),
     ("unknown-coding", lambda: mime((XML_PART + b"\r\nContent-Transfer-Encoding: x-" + WORD.encode(), rec())), "400 multipart-malformed"),
     ("quoted-printable-broken", lambda: mime((XML_PART + b"\r\nContent-Transfer-Encoding: quoted-printable", rec(b"=ZZ="))), "400"),
     ("form", lambda: mime((b'Content-Disposition: form-data; name="%s"' % WORD.encode(), rec())), "415 attachments",
      {"type": "multipart/form-data; boundary=cut"}),
     ("second-part-broken", lambda: mime((XML_PART, rec()), (XML_PART, rec()[:-4])), "400 not-well-formed"),
     ("include-in-a-ring", lambda: mime((DOC_PART, soap(rec(more=include()))), (
         b"Content-Type: application/xop+xml\r\nContent-ID: <file>", rec(more=include()))), "200 1", {"type": RELATED}),
     ("include-of-the-document", lambda: mime((DOC_PART, soap(rec(more=include(b"cid:doc"))))), "500 attachment-missing", {"type": RELATED}),
     ("include-over-http", lambda: mime((DOC_PART, soap(rec(more=include(b"http://" + SNOOP + b"/"))))), "500 attachment-missing", {"type": RELATED}),
     ("include-of-a-file", lambda: mime((DOC_PART, soap(rec(more=include(b"file:///etc/passwd"))))), "500 attachment-missing", {"type": RELATED}),
     ("include-of-nothing", lambda: mime((DOC_PART, soap(rec(more=include(b"cid:" + WORD.encode()))))), "500 attachment-missing",
      {"type": RELATED}),
     ("include-often", lambda: mime((DOC_PART, soap(b"<r>" + b"".join(rec(more=include()) for _ in range(200)) + b"</r>")), (
         FILE_PART % b"file", b"x" * MIB)), "500 document-too-long", {"type": RELATED, "cpu": 10.0}),
     ("two-of-one-name", lambda: mime((DOC_PART, soap(rec(more=include()))), (FILE_PART % b"file", b"a"), (FILE_PART % b"file", b"b")), "400 multipart-malformed",
      {"type": RELATED}),
     ("nobody-refers-to-it", lambda: mime((DOC_PART, soap(rec())), (FILE_PART % WORD.encode(), MARK)), "500 attachment-unreferenced",
      {"type": RELATED}),
     ("start-that-is-not-there", lambda: mime((DOC_PART, soap(rec()))), "400 multipart-malformed", {"type": RELATED.replace("<doc>", f"<{WORD}>")}),
     type=MIXED)

rows("base64",
     ("no-base64", lambda: mime((XML_PART + b"\r\nContent-Transfer-Encoding: base64", b"!!" + MARK)), "400"),
     ("cut", lambda: mime((XML_PART + b"\r\nContent-Transfer-Encoding: base64", base64.b64encode(rec())[:-3])), "400"),
     ("padding-in-the-middle", lambda: mime((XML_PART + b"\r\nContent-Transfer-Encoding: base64", b"PGE+==" + base64.b64encode(rec()))), "400"),
     ("nothing-but-padding", lambda: mime((XML_PART + b"\r\nContent-Transfer-Encoding: base64", b"=" * MIB)), "400"),
     ("nothing-but-blanks", lambda: mime((XML_PART + b"\r\nContent-Transfer-Encoding: base64", b"\r\n" * (4 * MIB))), "400"),
     ("of-an-archive", lambda: mime((XML_PART + b"\r\nContent-Transfer-Encoding: base64", base64.encodebytes(archive(("a", rec()))))), "415"),
     ("of-gzip", lambda: mime((XML_PART + b"\r\nContent-Transfer-Encoding: base64", base64.encodebytes(gzip.compress(ZEROS)))), "415 part-not-xml"),
     ("of-a-dtd", lambda: mime((XML_PART + b"\r\nContent-Transfer-Encoding: base64", base64.b64encode(DTD % b"" + rec()))),
      "400 doctype-refused"),
     type=MIXED)

rows("zip",
     ("bomb", lambda: archive(("a.xml", ZEROS)), "413 zip-bomb"),
     ("bomb-of-many", lambda: archive(*((f"{i}.xml", rec(b"x") + b" " * 900000) for i in range(100))), "413 zip-bomb"),
     ("bomb-that-lies-about-its-size", lambda: patched(archive(("a.xml", ZEROS)), (LOCAL, 22, "<I", 100), (CENTRAL, 24, "<I", 100)), "400 zip-malformed"),
     ("bomb-that-says-four-gigabytes", lambda: patched(archive(("a.xml", rec())), (LOCAL, 22, "<I", 0xfffffff0), (CENTRAL, 24, "<I", 0xfffffff0)),
      "400 zip-malformed"),
     ("one-body-for-a-thousand", overlapping, "413 zip-bomb"),
     ("archive-in-an-archive", lambda: archive(("a.zip", archive(("a.xml", rec())))), "415 part-nested"),
     ("gzip-in-an-archive", lambda: archive(("a.xml", gzip.compress(ZEROS))), "415 part-not-xml"),
     ("name-that-climbs", lambda: archive(("../../../../tmp/" + WORD + ".xml", rec())), "200 1"),
     ("name-from-the-root", lambda: archive(("/etc/" + NUMBER, rec())), "200 1"),
     ("name-with-nul", lambda: archive(("a.xml", rec())).replace(b"a.xml", b"a\0xml"), "200 1"),
     ("very-long-name", lambda: archive((WORD * 8000, rec())), "200 1"),
     ("same-name-twice", lambda: twice(), "200 2"),
     ("folder", lambda: archive(("a/", b""), ("a/b.xml", rec())), "415 part-not-xml"),
     ("link", lambda: link(), "415 part-not-xml"),
     ("encrypted", lambda: patched(archive(("a.xml", rec())), (LOCAL, 6, "<H", 1), (CENTRAL, 8, "<H", 1)), "415 zip-encrypted"),
     ("unknown-method", lambda: patched(archive(("a.xml", rec())), (LOCAL, 8, "<H", 99), (CENTRAL, 10, "<H", 99)), "415 zip-method"),
     ("bzip2", lambda: archive(("a.xml", rec()), method=zipfile.ZIP_BZIP2), "415 zip-method"),
     ("lzma", lambda: archive(("a.xml", rec()), method=zipfile.ZIP_LZMA), "415 zip-method"),
     ("methods-that-disagree", lambda: patched(archive(("a.xml", rec())), (LOCAL, 8, "<H", 0)), "400 zip-malformed"),
     ("wrong-checksum", lambda: patched(archive(("a.xml", rec())), (LOCAL, 14, "<I", 1), (CENTRAL, 16, "<I", 1)), "400 zip-malformed"),
     ("offset-of-an-entry-absurd", lambda: patched(archive(("a.xml", rec())), (CENTRAL, 42, "<I", 0xfffffff0)), "400 zip-malformed"),
     ("offset-of-the-directory-absurd", lambda: patched(archive(("a.xml", rec())), (END, 16, "<I", 0xfffffff0)), "400 zip-malformed"),
     ("size-of-the-directory-absurd", lambda: patched(archive(("a.xml", rec())), (END, 12, "<I", 0xfffffff0)), "400 zip-malformed"),
     ("says-sixty-thousand", lambda: patched(archive(("a.xml", rec())), (END, 8, "<H", 60000), (END, 10, "<H", 60000)), "413 too-many-parts"),
     ("says-none", lambda: patched(archive(("a.xml", rec())), (END, 8, "<H", 0), (END, 10, "<H", 0)), "400"),
     ("many-entries", lambda: archive(*((str(i), b"<a/>") for i in range(20000)), method=zipfile.ZIP_STORED), "413 too-many-parts"),
     ("no-entries", lambda: archive(), "400 zip-malformed"),
     ("cut", lambda: archive(("a.xml", rec()))[:-10], "400 zip-malformed"),
     ("only-its-first-bytes", lambda: LOCAL + MARK, "400 zip-malformed"),
     ("something-behind-the-end", lambda: archive(("a.xml", rec())) + MARK * 1000, "400 zip-malformed"),
     ("zip64-of-absurd-size", lambda: zip64(), "400 zip-malformed"),
     ("dtd", lambda: archive(("a.xml", DTD % b"<!ENTITY a SYSTEM 'file:///etc/passwd'>" + rec())), "400 doctype-refused"),
     ("deep", lambda: archive(("a.xml", b"<a>" * MIB)), "413"),
     type="application/zip")


def twice():
    import warnings
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return archive(("a.xml", rec()), ("a.xml", rec()))


def link():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        entry = zipfile.ZipInfo("a.xml")
        entry.create_system, entry.external_attr = 3, 0o120777 << 16
        packed.writestr(entry, "/etc/passwd")
    return out.getvalue()


def zip64():
    plain = archive(("a.xml", rec()))
    at = plain.index(END)
    record = struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, 1 << 62, 1 << 62, 1 << 62, 1 << 62)
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, at, 1)
    return plain[:at] + record + locator + patched(plain[at:], (END, 8, "<H", 0xffff), (END, 10, "<H", 0xffff), (END, 16, "<I", 0xffffffff))


rows("gzip",
     ("said", lambda: gzip.compress(rec()), "415 content-encoding", {"headers": (b"Content-Encoding: gzip",)}),
     ("said-bomb", lambda: gzip.compress(ZEROS), "415 content-encoding", {"headers": (b"Content-Encoding: x-gzip, gzip",)}),
     ("deflate", lambda: zlib.compress(rec()), "415 content-encoding", {"headers": (b"Content-Encoding: deflate",)}),
     ("unknown-coding", rec, "415 content-encoding", {"headers": (b"Content-Encoding: " + WORD.encode(),)}),
     ("as-transfer-coding", lambda: gzip.compress(rec()), "501 transfer-coding", {"headers": (b"Transfer-Encoding: gzip",)}),
     ("said-by-type", lambda: gzip.compress(rec()), "415 content-type", {"type": "application/gzip"}),
     ("not-said", lambda: gzip.compress(ZEROS), "400"),
     ("not-said-with-trailer", lambda: gzip.compress(rec()) + rec(), "400"),
     ("cut", lambda: gzip.compress(rec())[:-8], "400"),
     )

rows("form",
     ("form", lambda: b"xml=%3Cperson%3E" + WORD.encode(), "415"),
     ("xml-sent-as-a-form", rec, "200 1"),
     ("plus-for-blanks", lambda: rec().replace(b" ", b"+").replace(b"<", b"%3C"), "415"),
     ("escapes-of-escapes", lambda: b"xml=" + b"%25" * 3000000, "415"),
     ("fields", lambda: many(b"a%d=b&", 1000000), "415"),
     ("deep-names", lambda: b"a" + b"[a]" * 1000000 + b"=1", "415"),
     type="application/x-www-form-urlencoded")

CHUNKED = b"Transfer-Encoding: chunked\r\n"

rows("http",
     ("chunk-lf", lambda: chunks(b"4\n<a/>\n0\n\n"), "400"),
     ("chunk-extensions", lambda: chunks(b"4;" + b"a=b;" * 300000 + b"\r\n<a/>\r\n0\r\n\r\n"), ""),
     ("chunk-extension-is-a-person", lambda: chunks(b"4;a=" + WORD.encode() + b"\r\n<a/>\r\n0\r\n\r\n"), "422"),
     ("chunk-trailers", lambda: chunks(b"4\r\n<a/>\r\n0\r\n" + many(b"X%d: y\r\n", 100000) + b"\r\n"), "431"),
     ("chunk-size-overflows", lambda: chunks(b"ffffffffffffffff1\r\n<a/>\r\n0\r\n\r\n"), "413"),
     ("chunk-size-negative", lambda: chunks(b"-1\r\n<a/>\r\n0\r\n\r\n"), "400"),
     ("chunks-of-one-byte", lambda: chunks(b"1\r\n \r\n" * 300000 + b"0\r\n\r\n"), "400 empty"),
     ("chunks-without-end", lambda: chunks(b"4\r\n<a/>\r\n"), "", {"end": True}),
     ("chunks-cut-in-a-chunk", lambda: chunks(b"ff\r\n" + rec()), "", {"end": True}),
     ("length-and-chunks", lambda: post(b"4\r\n<a/>\r\n0\r\n\r\n", CHUNKED), "400 two-lengths"),
     ("two-lengths", lambda: post(rec(), b"Content-Length: 3\r\n"), "400 repeated-length"),
     ("same-length-twice", lambda: post(b"<a/>", b"Content-Length: 4\r\n"), "400 repeated-length"),
     ("length-too-short", lambda: post(b"", b"Content-Length: 4\r\n", length=False) + rec(), "400 not-well-formed"),
     ("length-too-long", lambda: post(b"", b"Content-Length: 400\r\n", length=False) + rec(), "", {"end": True}),
     ("length-absurd", lambda: post(rec(), b"Content-Length: 99999999999999999999\r\n", length=False), "413 413"),
     ("length-negative", lambda: post(rec(), b"Content-Length: -1\r\n", length=False), "400 400"),
     ("no-length", lambda: post(b"", length=False), "411"),
     ("blank-before-a-colon", lambda: post(b"<a/>", b"Transfer-Encoding : chunked\r\n"), "400"),
     ("folded", lambda: post(b"<a/>", b"X: a\r\n Transfer-Encoding: chunked\r\n"), "400"),
     ("bare-return", lambda: post(b"<a/>", b"X: a\rTransfer-Encoding: chunked\r\n"), "400"),
     ("bare-line-feed", lambda: post(b"<a/>", b"X: a\nTransfer-Encoding: chunked\r\n"), "400"),
     ("nul-in-a-header", lambda: post(b"<a/>", b"X: a\0b\r\n"), "400"),
     ("headers", lambda: post(b"<a/>", many(b"X%d: y\r\n", 100000)), "431"),
     ("large-header", lambda: post(b"<a/>", b"X: " + b"x" * (4 * MIB) + b"\r\n"), "431"),
     ("large-target", lambda: post(b"<a/>", path=b"/in/" + b"x" * (4 * MIB)), "414"),
     ("large-method", lambda: b"X" * (4 * MIB) + b" / HTTP/1.1\r\n\r\n", "414"),
     ("target-elsewhere", lambda: post(rec(), path=b"http://" + EVIL + b"/in/xml"), "200 1"),
     ("target-with-a-user", lambda: post(rec(), path=b"http://" + WORD.encode() + b"@bus/in/xml"), "400"),
     ("target-climbs", lambda: post(rec(), path=b"/in/other/../xml"), "404"),
     ("target-climbs-escaped", lambda: post(rec(), path=b"/in/other/%2e%2e/xml"), "404"),
     ("target-with-escaped-nul", lambda: post(rec(), path=b"/in/xml%00/x"), "404 unknown-source"),
     ("target-overlong", lambda: post(rec(), path=b"/in/xml%c0%af"), "404"),
     ("target-is-a-person", lambda: post(rec(), path=b"/in/" + WORD.encode() + NUMBER.encode()), "404 unknown-source"),
     ("query-is-a-person", lambda: post(rec(), path=b"/in/xml?name=" + WORD.encode() + b"&id=" + NUMBER.encode()), "200 1"),
     ("no-host", lambda: post(host=b""), "400 bad-host"),
     ("two-hosts", lambda: post(host=b"Host: a\r\nHost: " + EVIL + b"\r\n"), "400"),
     ("host-with-a-path", lambda: post(host=b"Host: a/" + WORD.encode() + b"\r\n"), "400 bad-host"),
     ("type-of-rubbish", lambda: post(type_=b'Content-Type: text/xml;;;=;"\r\n'), "415 content-type"),
     ("type-is-a-person", lambda: post(type_=b"Content-Type: text/" + WORD.encode() + b"\r\n"), "415 content-type"),
     ("two-types", lambda: post(type_=b"Content-Type: text/xml\r\nContent-Type: application/json\r\n"), "400"),
     ("type-with-a-thousand-parameters", lambda: post(type_=b"Content-Type: text/xml" + many(b";a%d=b", 2000) + b"\r\n"), "422 unknown-document"),
     ("expectation", lambda: post(more=b"Expect: " + WORD.encode() + b"\r\n"), "417 expectation"),
     ("upgrade-h2c", lambda: post(rec(), b"Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"), "200 1"),
     ("upgrade-websocket", lambda: get(b"/in/xml", b"Upgrade: websocket\r\nSec-WebSocket-Key: x\r\n"), "404"),
     ("http-2", lambda: b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0" * 1000, "505"),
     ("tls-to-a-clear-door", lambda: b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"x" * 508, "", {"end": True}),
     ("http-0.9", lambda: b"GET /in/xml?wsdl\r\n\r\n", "400", {"end": True}),
     ("no-http-at-all", lambda: MARK * 1000 + b"\r\n\r\n", "414", {"end": True}),
     ("idempotency-key-is-a-person", lambda: post(rec(), b"Idempotency-Key: " + WORD.encode() + NUMBER.encode() + b"\r\n"), "200 1"),
     ("idempotency-key-with-rubbish", lambda: post(rec(), b"Idempotency-Key: \xe6\xb5\x8b " + WORD.encode() + b"\r\n"),
      "400 bad-idempotency-key"),
     ("method-trace", lambda: b"TRACE /in/xml HTTP/1.1\r\nHost: bus\r\nX: " + WORD.encode() + b"\r\nConnection: close\r\n\r\n", "405 method"),
     ("method-connect", lambda: b"CONNECT " + EVIL + b":443 HTTP/1.1\r\nHost: bus\r\nConnection: close\r\n\r\n", "400 bad-target"),
     ("method-of-nobody", lambda: WORD.upper().encode() + b" /in/xml HTTP/1.1\r\nHost: bus\r\nConnection: close\r\n\r\n", "405"),
     ("pipelined", lambda: (get(b"/in/xml?wsdl").replace(b"Connection: close\r\n", b"")) * 50 + get(b"/in/" + WORD.encode()),
      " ".join(["200"] * 50 + ["404"])),
     ("pipelined-behind-a-refusal", lambda: post(b"<a/>", b"X : y\r\n") + post(rec()), "400"),
     ("slow-head", lambda: (b"POST /in/xml HTTP/1.1\r\nHost: bus\r\n", 0.2, b"X: y\r\n",), ""),
     ("slow-body", lambda: (post(b"", b"Content-Length: 100000\r\n", length=False), b"<a>"), "408|"),
     ("silent", lambda: (), ""),
     type=None)

rows("wsdl",
     ("host-of-another", lambda: get(host=b"Host: " + EVIL + b"\r\n"), "200"),
     ("forwarded-for-another", lambda: get(more=b"X-Forwarded-Host: " + EVIL + b"\r\nForwarded: host=" + EVIL + b"\r\n"), "200"),
     ("target-of-another", lambda: get(b"http://" + EVIL + b"/in/xml?wsdl"), "200"),
     ("host-with-markup", lambda: get(host=b"Host: a\"><x>" + WORD.encode() + b"\r\n"), "400"),
     ("service-that-climbs", lambda: get(b"/in/xml?wsdl=../../../etc/passwd"), "404 unknown-service"),
     ("service-is-a-person", lambda: get(b"/in/xml?wsdl=" + WORD.encode() + NUMBER.encode()), "404 unknown-service"),
     ("service-with-markup", lambda: get(b"/in/xml?wsdl=%3Cx%3E" + WORD.encode()), "404 unknown-service"),
     ("large-service", lambda: get(b"/in/xml?wsdl=" + b"x" * 20000), "414"),
     ("imports", lambda: get(b"/in/xml?xsd=../../hutong.conf"), "404"),
     ("with-a-body", lambda: get(more=b"Content-Length: 4\r\n") + b"<a/>", "400 unexpected-body"),
     ("range", lambda: get(more=b"Range: bytes=" + many(b"%d-,", 500) + b"0-\r\n"), "200"),
     type=None)


def ask(line=b"GET /status", more=b"", body=b""):
    """A request at the admin socket."""
    length = b"Content-Length: %d\r\n" % len(body) if body else b""
    return line + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + length + more + b"\r\n" + body


rows("house",
     ("ranges", lambda: ask(more=b"Range: bytes=" + many(b"%d-,", 2000) + b"0-\r\n"), "200"),
     ("range-of-absurd-size", lambda: ask(more=b"Range: bytes=-99999999999999999999,0-\r\nIf-Range: x\r\n"), "200"),
     ("http-2", lambda: b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0" * 1000, ""),
     ("upgrade-h2c", lambda: ask(more=b"Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"), "200"),
     ("upgrade-websocket", lambda: ask(more=b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"),
      "200"),
     ("digest", lambda: ask(more=b'Authorization: Digest username="' + WORD.encode() + b'", realm="", nonce=""\r\n'), "200"),
     ("encoded-body", lambda: ask(b"POST /consumer", b"Content-Encoding: gzip\r\n", gzip.compress(b" " * (8 * MIB))), "400"),
     ("multipart", lambda: ask(b"POST /consumer", b"Content-Type: multipart/form-data; boundary=x\r\n", b"--x\r\n" * 100000), "400"),
     ("large-body", lambda: ask(b"POST /consumer", body=b"{" + b" " * (64 * MIB) + b"}"), "413"),
     ("deep-json", lambda: ask(b"POST /consumer", body=b'{"verb":' + b"[" * 400000 + b"]" * 400000 + b"}"), "400"),
     ("headers", lambda: ask(more=many(b"X%d: y\r\n", 50000)), ""),
     ("length-and-chunks", lambda: ask(b"POST /consumer", b"Transfer-Encoding: chunked\r\n", b"0\r\n\r\n"), "400"),
     ("name-is-a-person", lambda: ask(b"POST /consumer", body=b'{"verb":"pause","consumer":"' + WORD.encode() + b'"}'), "404"),
     ("page-that-climbs", lambda: ask(b"GET /../../etc/passwd"), "404"),
     ("page-is-a-person", lambda: ask(b"GET /" + WORD.encode()), "404"),
     ("pipelined", lambda: ask().replace(b"Connection: close\r\n", b"") * 20 + ask(), "200"),
     type=None)
