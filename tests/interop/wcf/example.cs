using System;
using System.Runtime.Serialization;
using System.ServiceModel;
using System.ServiceModel.Channels;
using System.Text;

[MessageContract(WrapperName = "Submit", WrapperNamespace = "urn:hutong:source:hukou")]
public class SubmitRequest
{
    [MessageBodyMember(Namespace = "urn:hutong:source:hukou")] public string document;
}

[MessageContract(WrapperName = "SubmitResponse", WrapperNamespace = "urn:hutong:source:hukou")]
public class SubmitResponse
{
    [MessageBodyMember(Namespace = "urn:hutong:receipt:1", Order = 0)] public string messageId;
    [MessageBodyMember(Namespace = "urn:hutong:receipt:1", Order = 1)] public long sequence;
    [MessageBodyMember(Namespace = "urn:hutong:receipt:1", Order = 2)] public long events;
}

[DataContract(Name = "fault", Namespace = "urn:hutong:receipt:1")]
public class Fault
{
    [DataMember(Order = 0)] public string messageId;
    [DataMember(Order = 1)] public string code;
    [DataMember(Order = 2)] public string text;
}

[ServiceContract(Namespace = "urn:hutong:source:hukou"), XmlSerializerFormat]
public interface ISubmit
{
    [OperationContract(Action = "urn:hutong:source:hukou:Submit", ReplyAction = "*"), FaultContract(typeof(Fault))]
    SubmitResponse Submit(SubmitRequest request);
}

static class Example
{
    static void Main(string[] args)
    {
        Binding soap12 = new CustomBinding(
            new TextMessageEncodingBindingElement(MessageVersion.Soap12, Encoding.UTF8), new HttpTransportBindingElement());
        Binding binding = args.Length > 1 && args[1] == "1.2" ? soap12 : new BasicHttpBinding();
        ISubmit port = new ChannelFactory<ISubmit>(binding, new EndpointAddress(args[0])).CreateChannel();
        foreach (string person in new[] {"<XM>测试丁</XM>", ""})
        {
            string document = "<ROWS><ROW><SWZXID>WCF-1</SWZXID><HJYWID>WCF-1</HJYWID><SWRQ>20090318</SWRQ>" + person + "</ROW></ROWS>";
            try
            {
                Console.WriteLine(port.Submit(new SubmitRequest {document = document}).messageId);
            }
            catch (FaultException<Fault> error)
            {
                Console.WriteLine(error.Detail.code + " " + error.Detail.messageId);
            }
        }
    }
}
