import hukou.Fault_Exception;
import hukou.Hukou;
import hukou.Submit;
import java.net.URL;
import javax.xml.ws.Holder;

class Example {
    public static void main(String[] args) throws Exception {
        Submit port = new Hukou(new URL(args[0])).getSubmitSoap12();
        for (String person : new String[] {"<XM>测试丁</XM>", ""}) {
            String document = "<ROWS><ROW><SWZXID>JAXWS-1</SWZXID><HJYWID>JAXWS-1</HJYWID><SWRQ>20090318</SWRQ>" + person + "</ROW></ROWS>";
            Holder<String> messageId = new Holder<>();
            try {
                port.submit(document, null, null, null, null, null, messageId, new Holder<>(), new Holder<>(), new Holder<>(),
                        new Holder<>(), new Holder<>(), new Holder<>(), new Holder<>(), new Holder<>(), new Holder<>(),
                        new Holder<>(), new Holder<>(), new Holder<>());
                System.out.println(messageId.value);
            } catch (Fault_Exception fault) {
                System.out.println(fault.getFaultInfo().getCode() + " " + fault.getFaultInfo().getMessageId());
            }
        }
    }
}
