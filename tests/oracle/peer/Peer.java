import java.util.LinkedHashMap;
import java.util.Map;

/** The entry: chooses the mode, and turns what went wrong into one JSON line and an exit code. */
final class Peer {
    /** The other side did not do what wire.md says. */
    static final class Broken extends Exception {
        Broken(String what) {
            super(what);
        }

        static void unless(boolean holds, String what) throws Broken {
            if (!holds) {
                throw new Broken(what);
            }
        }
    }

    /** The other side answered with a fault (wire.md 3.4). */
    static final class Fault extends Exception {
        final String code;
        final String text;
        final String place;

        Fault(String code, String text, String place) {
            super(code + ": " + text);
            this.code = code;
            this.text = text;
            this.place = place;
        }
    }

    private Peer() { }

    public static void main(String[] arguments) {
        // As in the Java versions that X-Road runs on; some 17 builds still take 1024 bits.
        System.setProperty("jdk.tls.ephemeralDHKeySize", "2048");
        System.setProperty("com.sun.security.ocsp.clockSkew", VerifyContainer.OCSP_FRESHNESS);
        int exit;
        try {
            Options options = new Options(arguments);
            exit = switch (options.mode()) {
                case "client" -> Client.run(options);
                case "server" -> Server.run(options);
                default -> throw new IllegalArgumentException("first argument: client or server");
            };
        } catch (Exception error) {
            print(refusal(error));
            exit = error instanceof IllegalArgumentException ? 2 : 1;
        }
        System.exit(exit);
    }

    static Map<String, Object> refusal(Exception error) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("ok", false);
        if (error instanceof Fault fault) {
            line.put("fault", fault.code);
            line.put("text", fault.text);
            line.put("place", fault.place);
        } else {
            line.put("reason", error.toString());
        }
        return line;
    }

    static void print(Map<String, Object> line) {
        System.out.println(VerifyContainer.json(line));
        System.out.flush();
    }
}
