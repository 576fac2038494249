import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Command line: a mode, then pairs of {@code --name value}; a name may come more than once. */
final class Options {
    /** TLS suites between security servers (wire.md 3.1). */
    private static final Set<String> SUITES = Set.of("TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384",
        "TLS_DHE_RSA_WITH_AES_256_CBC_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384");
    private static final Set<String> NAMES = Set.of("--suite", "--auth-key", "--auth-chain", "--auth-ocsp", "--sign-key",
        "--sign-chain", "--sign-ocsp", "--ca", "--timeout", "--tamper", "--save", "--connect", "--peer-ocsp", "--client",
        "--service", "--method", "--path", "--message-id", "--header", "--body", "--body-file", "--listen", "--ocsp-listen",
        "--exchanges", "--status", "--framing");

    private final String mode;
    private final Map<String, List<String>> values = new HashMap<>();

    Options(String[] arguments) {
        if (arguments.length % 2 == 0) {
            throw new IllegalArgumentException("arguments: client|server, then pairs of --name value");
        }
        mode = arguments[0];
        for (int i = 1; i < arguments.length; i += 2) {
            if (!NAMES.contains(arguments[i])) {
                throw new IllegalArgumentException("unknown option " + arguments[i]);
            }
            values.computeIfAbsent(arguments[i], any -> new ArrayList<>()).add(arguments[i + 1]);
        }
    }

    String mode() {
        return mode;
    }

    List<String> all(String name) {
        return values.getOrDefault(name, List.of());
    }

    Optional<String> find(String name) {
        return all(name).stream().findFirst();
    }

    String one(String name) {
        return find(name).orElseThrow(() -> new IllegalArgumentException("missing " + name));
    }

    String one(String name, String otherwise) {
        return find(name).orElse(otherwise);
    }

    int number(String name, int otherwise) {
        return find(name).map(Integer::parseInt).orElse(otherwise);
    }

    String suite() {
        String suite = one("--suite");
        if (!SUITES.contains(suite)) {
            throw new IllegalArgumentException("--suite: one of " + SUITES);
        }
        return suite;
    }

    /** Milliseconds that a read may last. */
    int timeout() {
        return 1000 * number("--timeout", 30);
    }

    Optional<Path> ca() {
        return find("--ca").map(Path::of);
    }

    InetSocketAddress address(String name) throws IOException {
        String text = one(name);
        int colon = text.lastIndexOf(':');
        if (colon < 0) {
            throw new IllegalArgumentException(name + ": HOST:PORT");
        }
        return new InetSocketAddress(InetAddress.getByName(text.substring(0, colon)), Integer.parseInt(text.substring(colon + 1)));
    }

    /** The body of a message: from `--body` or `--body-file`, null without either. */
    byte[] body() throws IOException {
        if (find("--body-file").isPresent()) {
            return Files.readAllBytes(Path.of(one("--body-file")));
        }
        return find("--body").map(text -> text.getBytes(StandardCharsets.UTF_8)).orElse(null);
    }
}
