import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.security.MessageDigest;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;

/** The provider's security server: checks sealed requests and answers each with a sealed message of its own. */
final class Server {
    private final Options options;
    private final Identity auth;
    private final Identity sign;
    private final boolean persistent;
    private int left;
    private int failed;

    private Server(Options options) throws Exception {
        this.options = options;
        this.auth = Identity.read(options, "auth");
        this.sign = Identity.read(options, "sign");
        this.persistent = options.one("--framing", "eof").equals("chunked");
    }

    static int run(Options options) throws Exception {
        return new Server(options).serve();
    }

    private int serve() throws Exception {
        List<X509Certificate> issuers = options.ca().isPresent() ? Identity.certificates(options.ca().get()) : List.of();
        try (SSLServerSocket listener = (SSLServerSocket) auth.tls(issuers).getServerSocketFactory().createServerSocket();
             OcspResponder responder = new OcspResponder(auth, options)) {
            listener.setNeedClientAuth(true);
            listener.setEnabledProtocols(new String[] {"TLSv1.2"});
            listener.setEnabledCipherSuites(new String[] {options.suite()});
            listener.setSoTimeout(options.timeout());
            listener.bind(options.address("--listen"));
            Map<String, Object> started = new LinkedHashMap<>();
            started.put("listening", text((InetSocketAddress) listener.getLocalSocketAddress()));
            started.put("ocsp", text(responder.address()));
            Peer.print(started);
            for (left = options.number("--exchanges", 1); left > 0; ) {
                try (SSLSocket socket = (SSLSocket) listener.accept()) {
                    socket.setSoTimeout(options.timeout());
                    connection(socket);
                } catch (SocketTimeoutException error) {
                    throw error;
                } catch (IOException error) {
                    done(Peer.refusal(error));
                }
            }
        }
        return failed == 0 ? 0 : 1;
    }

    /** Answers the requests of one connection. Only who sends a request counts: a peer may open more than it uses. */
    private void connection(SSLSocket socket) throws IOException {
        InputStream in = new BufferedInputStream(socket.getInputStream());
        OutputStream out = new BufferedOutputStream(socket.getOutputStream());
        socket.startHandshake();
        do {
            in.mark(1);
            if (in.read() < 0) {
                return;
            }
            in.reset();
            done(exchange(socket, in, out));
        } while (left > 0 && persistent);
    }

    private void done(Map<String, Object> line) {
        left--;
        failed += Boolean.TRUE.equals(line.get("ok")) ? 0 : 1;
        Peer.print(line);
    }

    static String text(InetSocketAddress address) {
        return address.getAddress().getHostAddress() + ":" + address.getPort();
    }

    private Map<String, Object> exchange(SSLSocket socket, InputStream in, OutputStream out) throws IOException {
        Map<String, Object> line = new LinkedHashMap<>();
        try {
            line.put("ok", true);
            line.put("suite", socket.getSession().getCipherSuite());
            Message request = receive(socket, in, line);
            request.save(options, "request.asice");
            answer(request, out);
        } catch (Exception error) {
            line.putAll(Peer.refusal(error));
            Http.writeHead(out, "HTTP/1.1 200 OK", List.of(new String[] {"Connection", "close"},
                new String[] {"Content-Type", "text/xml;charset=utf-8"}, new String[] {"SOAPAction", ""}));
            String code = error instanceof VerifyContainer.Invalid ? "signature_verification.invalid_signature_value" : "internal_error";
            out.write(Message.fault("server.serverproxy." + code, String.valueOf(error.getMessage())));
            out.flush();
        }
        return line;
    }

    private Message receive(SSLSocket socket, InputStream in, Map<String, Object> line) throws Exception {
        Http.Head head = Http.readHead(in);
        byte[] content = Http.readBody(in, head);
        Peer.Broken.unless(head.first().equals("POST / HTTP/1.1"), "request line " + head.first());
        Peer.Broken.unless("SHA-512".equals(head.any("x-hash-algorithm")), "x-hash-algorithm is " + head.any("x-hash-algorithm"));
        Peer.Broken.unless("REST".equals(head.any("x-road-message-type")), "x-road-message-type is " + head.any("x-road-message-type"));
        Peer.Broken.unless(head.any("x-original-content-type") != null, "no x-original-content-type");
        String version = String.valueOf(head.any("x-proxy-version"));
        Peer.Broken.unless(version.matches("[0-9]+[.][0-9]+[.][0-9]+(-.+)?"), "x-proxy-version is " + version);
        String type = String.valueOf(head.any("content-type"));
        Peer.Broken.unless(type.matches("multipart/mixed; charset=UTF-8; boundary=xtop[A-Za-z]{30}"), "content type " + type);
        Message request = Message.decode(type, content, Multipart.REST_REQUEST);

        List<X509Certificate> chain = new ArrayList<>();
        for (var each : socket.getSession().getPeerCertificates()) {
            chain.add((X509Certificate) each);
        }
        Peer.Broken.unless(request.ocsp().size() == chain.size(), request.ocsp().size() + " OCSP parts for " + chain.size() + " certificates");
        Message.checkTls(options, chain, request.ocsp(), line);
        RestBlock block = request.block();
        Peer.Broken.unless(block.header("x-road-request-id").equals(head.any("x-road-request-id")), "request ids differ");
        line.putAll(request.check(options));
        line.put("method", block.first());
        line.put("target", block.second());
        line.put("client", block.header("x-road-client"));
        line.put("service", block.service());
        line.put("message_id", block.header("x-road-id"));
        line.put("body_bytes", request.body() == null ? null : request.body().length);
        line.put("body_sha256", request.body() == null ? null
            : VerifyContainer.hex(MessageDigest.getInstance("SHA-256").digest(request.body())));
        return request;
    }

    private void answer(Message request, OutputStream out) throws Exception {
        RestBlock asked = request.block();
        List<String[]> headers = new ArrayList<>();
        byte[] body = options.body();
        for (String header : options.all("--header")) {
            headers.add(header.split(":", 2));
        }
        headers.add(new String[] {"x-road-id", asked.header("x-road-id")});
        headers.add(new String[] {"x-road-client", asked.header("x-road-client")});
        headers.add(new String[] {"x-road-service", asked.service()});
        headers.add(new String[] {"x-road-request-id", asked.header("x-road-request-id")});
        byte[] hashed = options.one("--tamper", "none").equals("request-hash") ? new byte[1] : asked.bytes();
        headers.add(new String[] {"x-road-request-hash", RestBlock.requestHash(hashed, request.body())});
        RestBlock block = RestBlock.of(options.one("--status", "200"), "OK", headers);

        Map<String, byte[]> parts = new LinkedHashMap<>();
        parts.put("message.xml", block.bytes());
        if (body != null) {
            parts.put("attachment1", body);
        }
        Map<String, byte[]> seal = Seal.make(parts, sign, Instant.now());
        new Message(List.of(), block, body, seal).save(options, "response.asice");
        parts.putAll(seal);
        parts = Tamper.spoil(options.one("--tamper", "none"), parts);
        String boundary = Multipart.boundary();
        Multipart multipart = new Multipart(boundary).part(Multipart.REST_RESPONSE, parts.get("message.xml"));
        if (body != null) {
            multipart.part(Multipart.REST_BODY, parts.get("attachment1"));
            multipart.part(Multipart.CHAIN_RESULT, parts.get("sig-hashchainresult.xml"));
            multipart.part(Multipart.CHAIN, parts.get("sig-hashchain.xml"));
        }
        byte[] content = multipart.part(Multipart.SIGNATURE, parts.get("META-INF/signatures.xml")).end();

        // As Jetty: the body ends with the connection where that is to close, and is chunked where it stays open.
        Http.writeHead(out, "HTTP/1.1 200 OK", List.of(
            persistent ? new String[] {"Transfer-Encoding", "chunked"} : new String[] {"Connection", "close"},
            new String[] {"Content-Type", Multipart.contentType(boundary)}, new String[] {"x-hash-algorithm", "SHA-512"}));
        if (persistent) {
            Http.writeChunks(out, content);
        } else {
            out.write(content);
            out.flush();
        }
    }
}
