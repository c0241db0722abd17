import java.lang.reflect.Array;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Calendar;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Fills generated classes by the names of elements, and reads them, as code that was written for them would. */
final class Beans {
    private Beans() {
    }

    /** A value of this type: a text, a bean from a map, or an array with one element. */
    static Object make(Class<?> type, Object value) throws Exception {
        if (type.isArray()) {
            Object array = Array.newInstance(type.getComponentType(), 1);
            Array.set(array, 0, make(type.getComponentType(), unwrap(type.getComponentType(), value)));
            return array;
        }
        return value instanceof Map ? fill(type.getDeclaredConstructor().newInstance(), asMap(value)) : value;
    }

    /** Axis makes an array of an element whose only child repeats: the child's name is not in the classes. */
    private static Object unwrap(Class<?> item, Object value) {
        Map<String, Object> map = asMap(value);
        String first = map.keySet().iterator().next();
        return map.size() == 1 && (item.isArray() || find(item, "set", first, 1) == null) ? map.get(first) : value;
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> asMap(Object value) {
        return (Map<String, Object>) value;
    }

    private static Object fill(Object bean, Map<String, Object> values) throws Exception {
        for (Map.Entry<String, Object> entry : values.entrySet()) {
            set(bean, entry.getKey(), entry.getValue());
        }
        return bean;
    }

    private static void set(Object bean, String name, Object value) throws Exception {
        Method setter = find(bean.getClass(), "set", name, 1);
        if (setter != null) {
            setter.invoke(bean, make(setter.getParameterTypes()[0], value));
            return;
        }
        Method getter = find(bean.getClass(), "get", name, 0);
        if (getter == null || !List.class.isAssignableFrom(getter.getReturnType())) {
            throw new NoSuchMethodException(bean.getClass().getName() + " has no " + name);
        }
        Type item = ((ParameterizedType) getter.getGenericReturnType()).getActualTypeArguments()[0];
        @SuppressWarnings("unchecked")
        List<Object> list = (List<Object>) getter.invoke(bean);
        list.add(make((Class<?>) item, value));
    }

    static Method find(Class<?> type, String prefix, String name, int parameters) {
        String wanted = prefix + name.replace("@", "").replace("_", "");
        for (Method method : type.getMethods()) {
            if (method.getName().replace("_", "").equalsIgnoreCase(wanted) && method.getParameterCount() == parameters) {
                return method;
            }
        }
        return null;
    }

    /** The simple members of a bean by name; of its own class only. */
    static Map<String, String> read(Object bean, String prefix) throws Exception {
        Map<String, String> said = new LinkedHashMap<>();
        List<Method> getters = new ArrayList<>(List.of(bean.getClass().getDeclaredMethods()));
        getters.sort((a, b) -> a.getName().compareTo(b.getName()));
        for (Method getter : getters) {
            boolean simple = getter.getName().startsWith("get") && getter.getParameterCount() == 0 && isSimple(getter.getReturnType());
            Object value = simple ? getter.invoke(bean) : null;
            if (value != null) {
                String name = getter.getName().substring(3);
                said.put(prefix + name.substring(0, 1).toLowerCase() + name.substring(1), text(value));
            }
        }
        return said;
    }

    static boolean isSimple(Class<?> type) {
        return type.isPrimitive() || type.getName().startsWith("java.lang.") || Calendar.class.isAssignableFrom(type)
                || type.getSimpleName().equals("XMLGregorianCalendar");
    }

    static String text(Object value) {
        return value instanceof Calendar ? ((Calendar) value).toInstant().toString() : String.valueOf(value);
    }
}
