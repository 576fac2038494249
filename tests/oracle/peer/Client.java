import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.security.MessageDigest;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import javax.net.ssl.SSLSocket;

/** The consumer's security server: sends one sealed request to a peer port and checks the sealed answer. */
final class Client {
    private Client() { }

    static int run(Options options) throws Exception {
        String suite = options.suite();
        Identity auth = Identity.read(options, "auth");
        Identity sign = Identity.read(options, "sign");
        String requestId = UUID.randomUUID().toString();
        byte[] body = options.body();
        RestBlock block = block(options, requestId, body == null ? "GET" : "POST");

        Map<String, byte[]> parts = new LinkedHashMap<>();
        parts.put("message.xml", block.bytes());
        if (body != null) {
            parts.put("attachment1", body);
        }
        Map<String, byte[]> seal = Seal.make(parts, sign, Instant.now());
        parts.putAll(seal);
        new Message(List.of(), block, body, seal).save(options, "request.asice");
        String boundary = Multipart.boundary();
        byte[] request = encode(boundary, auth, Tamper.spoil(options.one("--tamper", "none"), parts));

        Map<String, Object> line = new LinkedHashMap<>();
        line.put("ok", true);
        try (Socket plain = new Socket()) {
            plain.connect(options.address("--connect"), options.timeout());
            plain.setSoTimeout(options.timeout());
            SSLSocket tls = (SSLSocket) auth.tls(List.of()).getSocketFactory()
                .createSocket(plain, plain.getInetAddress().getHostAddress(), plain.getPort(), true);
            tls.setEnabledProtocols(new String[] {"TLSv1.2"});
            tls.setEnabledCipherSuites(new String[] {suite});
            tls.startHandshake();
            line.put("suite", tls.getSession().getCipherSuite());
            List<X509Certificate> chain = new ArrayList<>();
            for (var each : tls.getSession().getPeerCertificates()) {
                chain.add((X509Certificate) each);
            }
            List<byte[]> ocsp = options.find("--peer-ocsp").isPresent() ? fetchOcsp(options, chain) : List.of();
            Message.checkTls(options, chain, ocsp, line);

            OutputStream out = new BufferedOutputStream(tls.getOutputStream());
            Http.writeHead(out, "POST / HTTP/1.1", headers(options, requestId, boundary));
            Http.writeChunks(out, request);
            InputStream in = new BufferedInputStream(tls.getInputStream());
            Http.Head head = Http.readHead(in);
            Peer.Broken.unless(head.first().startsWith("HTTP/1.1 200"), "answered " + head.first());
            byte[] answer = Http.readBody(in, head);
            String type = String.valueOf(head.any("content-type"));
            if (type.toLowerCase().startsWith("text/xml")) {
                throw Message.fault(answer, "instead of an answer");
            }
            Peer.Broken.unless("SHA-512".equals(head.exact("x-hash-algorithm")), "x-hash-algorithm is " + head.exact("x-hash-algorithm"));
            Message response = Message.decode(type, answer, Multipart.REST_RESPONSE);
            response.save(options, "response.asice");
            check(options, block, body, response, line);
        }
        Peer.print(line);
        return 0;
    }

    private static void check(Options options, RestBlock request, byte[] body, Message response, Map<String, Object> line) throws Exception {
        Peer.Broken.unless(response.ocsp().isEmpty(), "OCSP parts in an answer");
        RestBlock block = response.block();
        for (String name : List.of("x-road-client", "x-road-id", "x-road-request-id")) {
            Peer.Broken.unless(block.header(name).equals(request.header(name)), name + " of the answer: " + block.header(name));
        }
        Peer.Broken.unless(block.header("x-road-service").equals(options.one("--service")), "x-road-service: " + block.header("x-road-service"));
        Peer.Broken.unless(block.header("x-road-request-hash").equals(RestBlock.requestHash(request.bytes(), body)), "request hash differs");
        line.put("request_hash", "matches");
        line.putAll(response.check(options));
        line.put("status", Integer.parseInt(block.first()));
        line.put("body_bytes", response.body() == null ? null : response.body().length);
        line.put("body_sha256", response.body() == null ? null
            : VerifyContainer.hex(MessageDigest.getInstance("SHA-256").digest(response.body())));
    }

    /** Headers as received, then the request id, then a message id if none was given (wire.md 2.3). */
    private static RestBlock block(Options options, String requestId, String method) {
        List<String[]> headers = new ArrayList<>();
        for (String header : options.all("--header")) {
            headers.add(header.split(":", 2));
        }
        headers.add(new String[] {"x-road-client", options.one("--client")});
        options.find("--message-id").ifPresent(id -> headers.add(new String[] {"x-road-id", id}));
        headers.add(new String[] {"x-road-request-id", requestId});
        if (options.find("--message-id").isEmpty()) {
            headers.add(new String[] {"x-road-id", options.one("--client").split("/")[0] + "-" + UUID.randomUUID()});
        }
        return RestBlock.of(options.one("--method", method),
            "/r1/" + options.one("--service") + options.one("--path", ""), headers);
    }

    private static byte[] encode(String boundary, Identity auth, Map<String, byte[]> parts) {
        Multipart multipart = new Multipart(boundary);
        auth.ocsp().forEach(ocsp -> multipart.part(Multipart.OCSP, ocsp));
        multipart.part(Multipart.REST_REQUEST, parts.get("message.xml"));
        if (parts.containsKey("attachment1")) {
            multipart.part(Multipart.REST_BODY, parts.get("attachment1"));
            multipart.part(Multipart.CHAIN_RESULT, parts.get("sig-hashchainresult.xml"));
            multipart.part(Multipart.CHAIN, parts.get("sig-hashchain.xml"));
        }
        return multipart.part(Multipart.SIGNATURE, parts.get("META-INF/signatures.xml")).end();
    }

    /** The lines that X-Road 7.8.0 sends: its own headers in the order of a hash map, then Apache HttpClient's. */
    private static List<String[]> headers(Options options, String requestId, String boundary) {
        Map<String, String> own = new HashMap<>();
        own.put("x-hash-algorithm", "SHA-512");
        own.put("x-proxy-version", "7.8.0");
        own.put("x-original-content-type", options.all("--header").stream().filter(h -> h.toLowerCase().startsWith("content-type:"))
            .map(h -> h.substring("content-type:".length())).findFirst().orElse(""));
        own.put("x-road-message-type", "REST");
        own.put("x-road-request-id", requestId);
        List<String[]> lines = new ArrayList<>();
        own.forEach((name, value) -> lines.add(new String[] {name, value}));
        lines.add(new String[] {"Transfer-Encoding", "chunked"});
        lines.add(new String[] {"Content-Type", Multipart.contentType(boundary)});
        lines.add(new String[] {"Host", "localhost:5500"});
        lines.add(new String[] {"Connection", "Keep-Alive"});
        lines.add(new String[] {"User-Agent", "Apache-HttpClient/4.5.14 (Java/21.0.6)"});
        lines.add(new String[] {"Accept-Encoding", "gzip,deflate"});
        return lines;
    }

    /** Asks the peer's responder for the certificates of the handshake (wire.md 3.6). */
    private static List<byte[]> fetchOcsp(Options options, List<X509Certificate> chain) throws Exception {
        StringBuilder sha1 = new StringBuilder();
        StringBuilder sha256 = new StringBuilder();
        for (X509Certificate certificate : chain) {
            sha1.append("&cert=").append(VerifyContainer.hex(MessageDigest.getInstance("SHA-1").digest(certificate.getEncoded())));
            sha256.append("&cert_hash=").append(VerifyContainer.hex(MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded())));
        }
        InetSocketAddress address = options.address("--peer-ocsp");
        try (Socket socket = new Socket()) {
            socket.connect(address, options.timeout());
            socket.setSoTimeout(options.timeout());
            Http.writeHead(socket.getOutputStream(), "GET /?" + sha1.substring(1) + sha256 + " HTTP/1.1", List.of(
                new String[] {"Host", address.getHostString() + ":" + address.getPort()}, new String[] {"Connection", "close"}));
            InputStream in = new BufferedInputStream(socket.getInputStream());
            Http.Head head = Http.readHead(in);
            Peer.Broken.unless(head.first().startsWith("HTTP/1.1 200"), "OCSP responder answered " + head.first());
            List<Multipart.Part> parts = Multipart.decode(head.any("content-type"), "multipart/related", Http.readBody(in, head));
            Peer.Broken.unless(parts.size() == chain.size(), parts.size() + " OCSP responses");
            List<byte[]> responses = new ArrayList<>();
            for (Multipart.Part part : parts) {
                Peer.Broken.unless(part.type().equals(Multipart.OCSP), "OCSP part of type " + part.type());
                responses.add(part.content());
            }
            return responses;
        }
    }
}
