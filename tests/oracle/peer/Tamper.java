import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Spoils one part of a sealed message before it leaves, so that the other side must refuse it. */
final class Tamper {
    static final List<String> KINDS = List.of("none", "message", "body", "chain", "signature", "request-hash");

    private Tamper() { }

    /** {@code parts} by container names; answers them with one byte of the chosen part changed. */
    static Map<String, byte[]> spoil(String kind, Map<String, byte[]> parts) {
        Map<String, byte[]> spoilt = new LinkedHashMap<>(parts);
        switch (kind) {
            // The other request hash is sealed as it is.
            case "none", "request-hash" -> { }
            // The end of the first header of the block, which still parses.
            case "message" -> change(spoilt, "message.xml", "^[^\r]*\r\n[^\r]*\r\n[^\r]*", -1);
            case "body" -> change(spoilt, "attachment1", "(?s)^.*", -1);
            case "chain" -> change(spoilt, "sig-hashchain.xml", "[^<]*</DigestValue>", 10);
            case "signature" -> change(spoilt, "META-INF/signatures.xml", "signature-value\">\n", 40);
            default -> throw new IllegalArgumentException("--tamper: one of " + KINDS);
        }
        return spoilt;
    }

    /** Changes one byte: {@code offset} from the start of what {@code near} finds first, or from its end if negative. */
    private static void change(Map<String, byte[]> parts, String name, String near, int offset) {
        if (!parts.containsKey(name)) {
            throw new IllegalArgumentException("--tamper: there is no " + name);
        }
        byte[] part = parts.get(name).clone();
        Matcher matcher = Pattern.compile(near).matcher(new String(part, StandardCharsets.ISO_8859_1));
        if (!matcher.find()) {
            throw new IllegalStateException(name);
        }
        int at = offset < 0 ? matcher.end() + offset : matcher.start() + offset;
        part[at] = (byte) (part[at] == 'A' ? 'B' : 'A');
        parts.put(name, part);
    }
}
