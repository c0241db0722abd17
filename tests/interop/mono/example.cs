using System;
using System.Web.Services.Protocols;

static class Example
{
    static void Main(string[] args)
    {
        var port = new hukou.SubmitSoap11 {Url = args[0], SoapVersion = SoapProtocolVersion.Soap12};
        foreach (string person in new[] {"<XM>测试丁</XM>", ""})
        {
            string document = "<ROWS><ROW><SWZXID>ASMX-1</SWZXID><HJYWID>ASMX-1</HJYWID><SWRQ>20090318</SWRQ>" + person + "</ROW></ROWS>";
            long sequence, events, duplicates, rejected, lastSequence;
            bool lastSequenceSpecified;
            string sha256, bus, source, keyId, signature;
            DateTime receivedAt;
            hukou.Finding[] findings;
            try
            {
                Console.WriteLine(port.Submit(document, out sequence, out events, out duplicates, out rejected, out sha256, out receivedAt,
                    out lastSequence, out lastSequenceSpecified, out bus, out source, out keyId, out signature, out findings));
            }
            catch (SoapException error)
            {
                var detail = error.Detail.FirstChild;
                Console.WriteLine(detail["code", "urn:hutong:receipt:1"].InnerText + " " + detail["messageId", "urn:hutong:receipt:1"].InnerText);
            }
        }
    }
}
