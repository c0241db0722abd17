import java.io.File;
import java.lang.reflect.Method;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.xml.rpc.Service;
import org.apache.axis.AxisFault;

/** AxisDriver CLASSES PLAN: does what the plan says with stubs that WSDL2Java made, a package for each source. */
public final class AxisDriver implements Plan.Toolkit {
    private final File classes;
    private final Map<String, Object> stubs = new HashMap<>();

    private AxisDriver(String classes) {
        this.classes = new File(classes);
    }

    public static void main(String[] args) throws Exception {
        Plan.run(args[1], new AxisDriver(args[0]));
    }

    /** The locator of the service among the package's classes. */
    private Service locate(Plan.Step step) throws Exception {
        String[] names = new File(classes, step.folder()).list((folder, name) -> name.endsWith("Locator.class"));
        for (String name : names == null ? new String[0] : names) {
            Class<?> type = Class.forName(step.folder() + "." + name.replace(".class", ""));
            Service service = (Service) type.getDeclaredConstructor().newInstance();
            if (service.getServiceName().getLocalPart().equals(step.service)) {
                return service;
            }
        }
        throw new ClassNotFoundException("no locator of " + step.service);
    }

    private Object stub(Plan.Step step) throws Exception {
        String key = step.source + "/" + step.service;
        if (!stubs.containsKey(key)) {
            Service service = locate(step);
            for (Method method : service.getClass().getMethods()) {
                if (method.getName().endsWith("Soap11") && method.getParameterCount() == 0) {
                    stubs.put(key, method.invoke(service));
                }
            }
        }
        return stubs.get(key);
    }

    @Override
    public void open(Plan.Step step) throws Exception {
        stub(step);
    }

    /** With -W a call of document style has one structure; in rpc style each argument is one of its own. */
    @Override
    public Map<String, String> call(Plan.Step step) throws Exception {
        Object stub = stub(step);
        for (Method method : stub.getClass().getMethods()) {
            if (method.getName().equalsIgnoreCase(step.operation)) {
                Class<?>[] types = method.getParameterTypes();
                boolean rpc = types[0] == String.class;
                Object[] given = rpc ? step.arguments.values().toArray() : new Object[] {Beans.make(types[0], step.arguments)};
                Object answer = method.invoke(stub, given);
                return rpc ? Map.of("return", Beans.text(answer)) : Beans.read(answer, "");
            }
        }
        throw new NoSuchMethodException(step.operation);
    }

    @Override
    public Map<String, String> describe(Throwable error) {
        if (!(error instanceof AxisFault)) {
            return null;
        }
        Map<String, String> said = new LinkedHashMap<>();
        AxisFault fault = (AxisFault) error;
        said.put("code", fault.getFaultCode().getLocalPart());
        said.put("text", String.valueOf(fault.getFaultString()));
        try {
            said.putAll(fault.getClass() == AxisFault.class ? Map.of() : Beans.read(fault, "detail."));
        } catch (Exception unread) {
            said.put("detail.code", unread.toString());
        }
        return said;
    }
}
