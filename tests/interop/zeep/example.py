import sys
import zeep

client = zeep.Client(sys.argv[1])
port = client.bind("hukou", "SubmitSoap12")
for person in ("<XM>测试丁</XM>", ""):
    document = ("<ROWS><ROW><SWZXID>ZEEP-1</SWZXID><HJYWID>ZEEP-1</HJYWID><SWRQ>20090318</SWRQ>%s</ROW></ROWS>" % person)
    try:
        print(port.Submit(document=document).messageId)
    except zeep.exceptions.Fault as error:
        detail = client.wsdl.types.deserialize(error.detail[0])
        print(detail.code, detail.messageId)
