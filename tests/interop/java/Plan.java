import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.LinkedHashMap;
import java.util.Map;

/** Reads a plan, has a toolkit do each step, and prints what it said: ../README.md has both formats. */
final class Plan {
    static final class Step {
        final String source;
        final String service;
        final String version;
        final String operation;
        /** Texts, and maps for elements that have elements; the names of attributes begin with @. */
        final Map<String, Object> arguments = new LinkedHashMap<>();

        Step(String[] fields) {
            source = fields[1];
            service = fields[2];
            version = fields[3];
            operation = fields[4];
            for (int i = 5; i < fields.length; i++) {
                int equals = fields[i].indexOf('=');
                put(fields[i].substring(0, equals).split("/"), fields[i].substring(equals + 1));
            }
        }

        @SuppressWarnings("unchecked")
        private void put(String[] path, String value) {
            Map<String, Object> place = arguments;
            for (int i = 0; i < path.length - 1; i++) {
                place = (Map<String, Object>) place.computeIfAbsent(path[i], name -> new LinkedHashMap<String, Object>());
            }
            place.put(path[path.length - 1], value);
        }

        /** The package of what was generated for the source: its name without what Java does not take. */
        String folder() {
            return source.replace("-", "");
        }
    }

    /** What a toolkit can do. Both give the members of what came by name, or throw the toolkit's own exception. */
    interface Toolkit {
        void open(Step step) throws Exception;

        Map<String, String> call(Step step) throws Exception;

        /** The members of a fault; null when the exception is none. */
        Map<String, String> describe(Throwable error);
    }

    private static final PrintStream OUT = new PrintStream(System.out, true, StandardCharsets.UTF_8);

    private Plan() {
    }

    static void run(String path, Toolkit toolkit) throws Exception {
        for (String line : Files.readAllLines(Paths.get(path), StandardCharsets.UTF_8)) {
            String[] fields = line.split("\t");
            say(fields[0], new Step(fields), toolkit);
        }
    }

    private static void say(String number, Step step, Toolkit toolkit) {
        try {
            if (step.operation.equals("-")) {
                toolkit.open(step);
                print(number, "opened", Map.of());
            } else {
                print(number, "answer", toolkit.call(step));
            }
        } catch (Exception | LinkageError error) {
            Throwable cause = error instanceof InvocationTargetException ? error.getCause() : error;
            Map<String, String> fault = toolkit.describe(cause);
            print(number, fault != null ? "fault" : "error", fault != null ? fault : Map.of("text", cause.toString()));
        }
    }

    private static void print(String number, String kind, Map<String, String> said) {
        StringBuilder line = new StringBuilder(number).append('\t').append(kind);
        said.forEach((name, value) -> line.append('\t').append(name).append('=').append(value.replaceAll("\\s+", " ")));
        OUT.println(line);
    }
}
