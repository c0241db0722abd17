import sys
from suds import WebFault
from suds.client import Client

port = Client(sys.argv[1], cache=None).service["hukou"]["SubmitSoap11"]
for person in ("<XM>测试丁</XM>", ""):
    document = ("<ROWS><ROW><SWZXID>SUDS-1</SWZXID><HJYWID>SUDS-1</HJYWID><SWRQ>20090318</SWRQ>%s</ROW></ROWS>" % person)
    try:
        print(port.Submit(document=document).messageId)
    except WebFault as error:
        detail = error.fault.detail.fault
        print(detail.code, detail.messageId)
