import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** HTTP/1.1 messages byte by byte: what is written is known exactly, what is read is not corrected. */
final class Http {
    private static final int MAX_LINE = 16 << 10;
    private static final int MAX_BODY = 256 << 20;
    /** Size of the chunks that Apache HttpClient 4 writes. */
    private static final int CHUNK = 2048;

    private Http() { }

    /** Start line and headers, as written. */
    record Head(String first, List<String[]> headers) {
        /** The value of a header whose name is written exactly so, as X-Road's client looks answers up (wire.md 3.4). */
        String exact(String name) throws Peer.Broken {
            return value(name, headers.stream().filter(h -> h[0].equals(name)).toList());
        }

        /** The value of a header in any case; null if there is none. */
        String any(String name) throws Peer.Broken {
            return value(name, headers.stream().filter(h -> h[0].equalsIgnoreCase(name)).toList());
        }

        private static String value(String name, List<String[]> found) throws Peer.Broken {
            Peer.Broken.unless(found.size() < 2, "header twice: " + name);
            return found.isEmpty() ? null : found.get(0)[1];
        }
    }

    static Head readHead(InputStream in) throws IOException, Peer.Broken {
        String first = line(in);
        List<String[]> headers = new ArrayList<>();
        for (String line = line(in); !line.isEmpty(); line = line(in)) {
            int colon = line.indexOf(':');
            Peer.Broken.unless(colon > 0, "header line: " + line);
            headers.add(new String[] {line.substring(0, colon), line.substring(colon + 1).strip()});
        }
        return new Head(first, headers);
    }

    static byte[] readBody(InputStream in, Head head) throws IOException, Peer.Broken {
        String coding = head.any("transfer-encoding");
        String length = head.any("content-length");
        if (coding != null) {
            Peer.Broken.unless(coding.equalsIgnoreCase("chunked") && length == null, "transfer-encoding " + coding + ", length " + length);
            return readChunks(in);
        }
        if (length != null) {
            byte[] body = in.readNBytes(Integer.parseInt(length));
            Peer.Broken.unless(body.length == Integer.parseInt(length), "body cut off");
            return body;
        }
        return head.first().startsWith("HTTP/") ? in.readNBytes(MAX_BODY) : new byte[0];
    }

    private static byte[] readChunks(InputStream in) throws IOException, Peer.Broken {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        while (true) {
            int size = Integer.parseInt(line(in).replaceAll(";.*", "").strip(), 16);
            if (size == 0) {
                while (!line(in).isEmpty()) {
                    continue;
                }
                return body.toByteArray();
            }
            Peer.Broken.unless(body.size() + size <= MAX_BODY, "body too large");
            byte[] chunk = in.readNBytes(size);
            Peer.Broken.unless(chunk.length == size && line(in).isEmpty(), "chunk cut off");
            body.writeBytes(chunk);
        }
    }

    private static String line(InputStream in) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int c = in.read(); c != '\n'; c = in.read()) {
            if (c < 0 || line.size() > MAX_LINE) {
                throw new EOFException(c < 0 ? "connection closed inside a message" : "line too long");
            }
            line.write(c);
        }
        return line.toString(StandardCharsets.ISO_8859_1).replaceFirst("\r$", "");
    }

    static void writeHead(OutputStream out, String first, List<String[]> headers) throws IOException {
        StringBuilder text = new StringBuilder(first).append("\r\n");
        headers.forEach(h -> text.append(h[0]).append(": ").append(h[1]).append("\r\n"));
        out.write(text.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1));
        out.flush();
    }

    static void writeChunks(OutputStream out, byte[] body) throws IOException {
        for (int at = 0; at < body.length; at += CHUNK) {
            int size = Math.min(CHUNK, body.length - at);
            out.write((Integer.toHexString(size) + "\r\n").getBytes(StandardCharsets.US_ASCII));
            out.write(body, at, size);
            out.write('\r');
            out.write('\n');
            out.flush();
        }
        out.write("0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        out.flush();
    }
}
