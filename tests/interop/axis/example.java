import hukou.Fault;
import hukou.HukouLocator;
import hukou.Submit_Element;
import hukou.Submit_PortType;
import java.net.URL;

class Example {
    public static void main(String[] args) throws Exception {
        Submit_PortType port = new HukouLocator().getSubmitSoap11(new URL(args[0]));
        for (String person : new String[] {"<XM>测试丁</XM>", ""}) {
            Submit_Element content = new Submit_Element();
            content.setDocument("<ROWS><ROW><SWZXID>AXIS-1</SWZXID><HJYWID>AXIS-1</HJYWID><SWRQ>20090318</SWRQ>" + person + "</ROW></ROWS>");
            try {
                System.out.println(port.submit(content).getMessageId());
            } catch (Fault fault) {
                System.out.println(fault.getCode() + " " + fault.getMessageId());
            }
        }
    }
}
