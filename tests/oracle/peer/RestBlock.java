import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/** The block of a REST request or response (wire.md 2.3): two lines and the headers, each ended by CRLF. */
record RestBlock(byte[] bytes, String first, String second, List<String[]> headers) {
    private static final Set<String> FORBIDDEN = Set.of("transfer-encoding", "keep-alive", "proxy-authenticate",
        "proxy-authorization", "te", "trailer", "upgrade", "connection", "user-agent", "host", "content-length", "server", "expect");

    static RestBlock of(String first, String second, List<String[]> headers) {
        String text = first + "\r\n" + second + "\r\n"
            + headers.stream().map(h -> h[0] + ":" + h[1] + "\r\n").collect(Collectors.joining());
        return new RestBlock(text.getBytes(StandardCharsets.UTF_8), first, second, headers);
    }

    static RestBlock decode(byte[] bytes) throws Peer.Broken {
        String text = new String(bytes, StandardCharsets.UTF_8);
        Peer.Broken.unless(text.endsWith("\r\n") && !text.endsWith("\r\n\r\n"), "block does not end with the CRLF of its last header");
        String[] lines = text.substring(0, text.length() - 2).split("\r\n", -1);
        Peer.Broken.unless(lines.length > 2, "block without headers");
        List<String[]> headers = new ArrayList<>();
        for (String line : Arrays.asList(lines).subList(2, lines.length)) {
            int colon = line.indexOf(':');
            Peer.Broken.unless(colon > 0 && !line.contains("\r") && !line.contains("\n"), "header line in block: " + line);
            Peer.Broken.unless(!FORBIDDEN.contains(line.substring(0, colon).toLowerCase(Locale.ROOT)), "forbidden header in block: " + line);
            headers.add(new String[] {line.substring(0, colon), line.substring(colon + 1)});
        }
        return new RestBlock(bytes, lines[0], lines[1], headers);
    }

    /** The only value of a header, name in any case. */
    String header(String name) throws Peer.Broken {
        List<String> found = headers.stream().filter(h -> h[0].equalsIgnoreCase(name)).map(h -> h[1]).toList();
        Peer.Broken.unless(found.size() == 1, found.size() + " times " + name + " in the block");
        return found.get(0);
    }

    /** The service of a request block: the five segments after {@code /r1/}. */
    String service() throws Peer.Broken {
        String[] path = second.split("[?]", 2)[0].split("/", 8);
        Peer.Broken.unless(path.length >= 7 && path[0].isEmpty() && path[1].equals("r1"), "path in block: " + second);
        return String.join("/", Arrays.asList(path).subList(2, 7));
    }

    /** The hash of a request that its response repeats (wire.md 2.5); {@code body} is null if there was no body part. */
    static String requestHash(byte[] block, byte[] body) throws VerifyContainer.Invalid {
        String sha512 = "http://www.w3.org/2001/04/xmlenc#sha512";
        byte[] hash = VerifyContainer.digest(sha512, block);
        if (body != null) {
            byte[] both = Arrays.copyOf(hash, 128);
            System.arraycopy(VerifyContainer.digest(sha512, body), 0, both, 64, 64);
            hash = VerifyContainer.digest(sha512, both);
        }
        return Base64.getEncoder().encodeToString(hash);
    }
}
