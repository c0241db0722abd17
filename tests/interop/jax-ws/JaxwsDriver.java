import java.io.File;
import java.lang.annotation.Annotation;
import java.lang.reflect.Method;
import java.lang.reflect.Parameter;
import java.lang.reflect.ParameterizedType;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.jws.WebMethod;
import javax.jws.WebParam;
import javax.xml.namespace.QName;
import javax.xml.soap.SOAPFault;
import javax.xml.ws.Holder;
import javax.xml.ws.Service;
import javax.xml.ws.WebServiceClient;
import javax.xml.ws.soap.SOAPFaultException;
import org.w3c.dom.Element;
import org.w3c.dom.Node;

/** JaxwsDriver CLASSES PLAN: does what the plan says with classes that wsimport made, a package for each source. */
public final class JaxwsDriver implements Plan.Toolkit {
    private final File classes;
    private final Map<String, Object> ports = new HashMap<>();

    private JaxwsDriver(String classes) {
        this.classes = new File(classes);
    }

    public static void main(String[] args) throws Exception {
        Plan.run(args[1], new JaxwsDriver(args[0]));
    }

    /** The class of the service among the package's classes. */
    private Service locate(Plan.Step step) throws Exception {
        String[] names = new File(classes, step.folder()).list((folder, name) -> name.endsWith(".class"));
        for (String name : names == null ? new String[0] : names) {
            Class<?> type = Class.forName(step.folder() + "." + name.replace(".class", ""));
            WebServiceClient service = type.getAnnotation(WebServiceClient.class);
            if (service != null && service.name().equals(step.service)) {
                return (Service) type.getDeclaredConstructor().newInstance();
            }
        }
        throw new ClassNotFoundException("no class of " + step.service);
    }

    private Object port(Plan.Step step) throws Exception {
        String key = step.source + "/" + step.service + "/" + step.version;
        if (!ports.containsKey(key)) {
            Service service = locate(step);
            String wanted = "Soap" + step.version.replace(".", "");
            for (Method method : service.getClass().getMethods()) {
                if (method.getName().endsWith(wanted) && method.getParameterCount() == 0) {
                    ports.put(key, method.invoke(service));
                }
            }
        }
        return ports.get(key);
    }

    @Override
    public void open(Plan.Step step) throws Exception {
        port(step);
    }

    private static String operationOf(Method method) {
        WebMethod annotation = method.getAnnotation(WebMethod.class);
        return annotation != null && !annotation.operationName().isEmpty() ? annotation.operationName() : method.getName();
    }

    private static String nameOf(Parameter parameter) {
        for (Annotation annotation : parameter.getAnnotations()) {
            if (annotation instanceof WebParam) {
                return ((WebParam) annotation).name();
            }
        }
        return "";
    }

    /** The parameters are the elements of the request, then a Holder for each of the answer. */
    @Override
    public Map<String, String> call(Plan.Step step) throws Exception {
        Object port = port(step);
        for (Method method : port.getClass().getInterfaces()[0].getMethods()) {
            if (operationOf(method).equals(step.operation)) {
                Object[] given = new Object[method.getParameterCount()];
                for (int i = 0; i < given.length; i++) {
                    Parameter parameter = method.getParameters()[i];
                    Object value = step.arguments.get(nameOf(parameter));
                    given[i] = parameter.getType() == Holder.class ? new Holder<Object>()
                            : value == null ? null : Beans.make(parameter.getType(), value);
                }
                return read(method, method.invoke(port, given), given);
            }
        }
        throw new NoSuchMethodException(step.operation);
    }

    private static Map<String, String> read(Method method, Object answer, Object[] given) throws Exception {
        Map<String, String> said = new LinkedHashMap<>();
        for (int i = 0; i < given.length; i++) {
            Parameter parameter = method.getParameters()[i];
            boolean held = given[i] instanceof Holder && !(((ParameterizedType) parameter.getParameterizedType())
                    .getActualTypeArguments()[0] instanceof ParameterizedType);
            Object value = held ? ((Holder<?>) given[i]).value : null;
            if (value != null) {
                said.put(nameOf(parameter), Beans.text(value));
            }
        }
        if (answer != null && Beans.isSimple(answer.getClass())) {
            said.put("return", Beans.text(answer));
        } else if (answer != null) {
            said.putAll(Beans.read(answer, ""));
        }
        return said;
    }

    /** The generated exception has the detail as a bean and no code; the library's own has the fault as it came. */
    @Override
    public Map<String, String> describe(Throwable error) {
        Map<String, String> said = new LinkedHashMap<>();
        try {
            if (error instanceof SOAPFaultException) {
                readFault(((SOAPFaultException) error).getFault(), said);
                return said;
            }
            Method info = Beans.find(error.getClass(), "get", "FaultInfo", 0);
            if (info == null) {
                return null;
            }
            said.putAll(Beans.read(info.invoke(error), "detail."));
            said.put("text", error.getMessage());
        } catch (Exception unread) {
            said.put("detail.code", unread.toString());
        }
        return said;
    }

    private static void readFault(SOAPFault fault, Map<String, String> said) {
        QName code = fault.getFaultCodeAsQName();
        said.put("code", code.getLocalPart());
        said.put("text", fault.getFaultString());
        Node detail = fault.getDetail() == null ? null : fault.getDetail().getFirstChild();
        for (Node child = detail == null ? null : detail.getFirstChild(); child != null; child = child.getNextSibling()) {
            if (child instanceof Element && child.getFirstChild() == child.getLastChild()) {
                said.put("detail." + child.getLocalName(), child.getTextContent());
            }
        }
    }
}
