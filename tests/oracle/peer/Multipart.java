import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The multipart layout of wire.md 3.3: an encoder, and a decoder that takes exactly what the encoder writes. */
final class Multipart {
    static final String OCSP = "application/ocsp-response";
    static final String REST_REQUEST = "application/x-road-rest-request";
    static final String REST_RESPONSE = "application/x-road-rest-response";
    static final String REST_BODY = "application/x-road-rest-body";
    static final String CHAIN_RESULT = "application/hash-chain-result";
    static final String CHAIN = "application/hash-chain";
    static final String SIGNATURE = "signature/bdoc-1.0/ts";
    static final String FAULT = "text/xml; charset=UTF-8";

    /** One part, its content type as written. */
    record Part(String type, byte[] content) { }

    private final String boundary;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    Multipart(String boundary) {
        this.boundary = boundary;
    }

    /** `xtop` and 30 letters. */
    static String boundary() {
        SecureRandom random = new SecureRandom();
        StringBuilder text = new StringBuilder("xtop");
        for (int i = 0; i < 30; i++) {
            text.append("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".charAt(random.nextInt(52)));
        }
        return text.toString();
    }

    static String contentType(String boundary) {
        return "multipart/mixed; charset=UTF-8; boundary=" + boundary;
    }

    Multipart part(String type, byte[] content) {
        return part("content-type", type, content);
    }

    Multipart part(String header, String type, byte[] content) {
        String start = (out.size() == 0 ? "" : "\r\n") + "--" + boundary + "\r\n" + header + ": " + type + "\r\n\r\n";
        out.writeBytes(start.getBytes(StandardCharsets.ISO_8859_1));
        out.writeBytes(content);
        return this;
    }

    byte[] end() {
        out.writeBytes(("\r\n--" + boundary + "--\r\n").getBytes(StandardCharsets.ISO_8859_1));
        return out.toByteArray();
    }

    static List<Part> decode(String contentType, String expected, byte[] body) throws Peer.Broken {
        Peer.Broken.unless(contentType != null && contentType.toLowerCase().startsWith(expected), "content type " + contentType);
        Matcher matcher = Pattern.compile("boundary=\"?([^\";]+)\"?").matcher(contentType);
        Peer.Broken.unless(matcher.find(), "no boundary in " + contentType);
        byte[] first = ("--" + matcher.group(1) + "\r\n").getBytes(StandardCharsets.ISO_8859_1);
        byte[] delimiter = ("\r\n--" + matcher.group(1)).getBytes(StandardCharsets.ISO_8859_1);
        Peer.Broken.unless(at(body, 0, first), "the body does not start with its delimiter");
        List<Part> parts = new ArrayList<>();
        for (int start = first.length; ; ) {
            int headersEnd = find(body, start, "\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1));
            int end = find(body, headersEnd + 4, delimiter);
            String[] headers = new String(body, start, headersEnd - start, StandardCharsets.ISO_8859_1).split("\r\n");
            String type = null;
            for (String header : headers) {
                if (header.toLowerCase().startsWith("content-type: ")) {
                    type = header.substring("content-type: ".length());
                }
            }
            Peer.Broken.unless(type != null, "part without content type: " + String.join(" | ", headers));
            parts.add(new Part(type, Arrays.copyOfRange(body, headersEnd + 4, end)));
            int next = end + delimiter.length;
            if (at(body, next, "--\r\n".getBytes(StandardCharsets.ISO_8859_1))) {
                Peer.Broken.unless(next + 4 == body.length, "bytes after the closing delimiter");
                return parts;
            }
            Peer.Broken.unless(at(body, next, "\r\n".getBytes(StandardCharsets.ISO_8859_1)), "delimiter not at the end of its line");
            start = next + 2;
        }
    }

    private static boolean at(byte[] body, int start, byte[] text) {
        return start + text.length <= body.length && Arrays.equals(body, start, start + text.length, text, 0, text.length);
    }

    private static int find(byte[] body, int start, byte[] text) throws Peer.Broken {
        for (int i = start; i + text.length <= body.length; i++) {
            if (body[i] == text[0] && at(body, i, text)) {
                return i;
            }
        }
        throw new Peer.Broken("multipart cut off");
    }
}
