#include "NciicServicesSoap11.nsmap"
#include "soapH.h"

int main(int argc, char **argv)
{
    const char *persons[] = {"<XM>测试丁</XM>", ""};
    for (int i = 0; i < 2; i++) {
        struct soap *soap = soap_new1(SOAP_C_UTFSTRING);
        struct _ns4__Submit request = {.__union_Submit = SOAP_UNION__ns4__union_Submit_document};
        struct ns2__Receipt receipt;
        char document[512];
        snprintf(
            document, sizeof document,
            "<ROWS><ROW><SWZXID>GSOAP-1</SWZXID><HJYWID>GSOAP-1</HJYWID><SWRQ>20090318</SWRQ>%s</ROW></ROWS>",
            persons[i]);
        request.union_Submit.document = document;
        if (soap_call___ns1__Submit(soap, argv[1], NULL, &request, &receipt) == SOAP_OK) {
            puts(receipt.messageId);
        } else if (soap->fault && soap->fault->detail) {
            printf("%s %s\n", soap->fault->detail->ns2__fault->code,
                   soap->fault->detail->ns2__fault->messageId);
        }
        soap_end(soap);
        soap_free(soap);
    }
    return 0;
}
