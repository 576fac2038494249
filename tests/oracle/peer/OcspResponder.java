import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Gives other security servers the OCSP responses of the own certificates, by SHA-1 of the certificate (wire.md 3.6). */
final class OcspResponder implements AutoCloseable {
    private final Map<String, byte[]> responses = new HashMap<>();
    private final ServerSocket listener = new ServerSocket();
    private final int timeout;

    OcspResponder(Identity auth, Options options) throws Exception {
        for (int i = 0; i < auth.ocsp().size(); i++) {
            byte[] certificate = auth.chain().get(i).getEncoded();
            responses.put(VerifyContainer.hex(MessageDigest.getInstance("SHA-1").digest(certificate)), auth.ocsp().get(i));
        }
        timeout = options.timeout();
        listener.bind(options.address("--ocsp-listen"));
        Thread thread = new Thread(this::serve, "ocsp");
        thread.setDaemon(true);
        thread.start();
    }

    InetSocketAddress address() {
        return (InetSocketAddress) listener.getLocalSocketAddress();
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }

    private void serve() {
        while (!listener.isClosed()) {
            try (Socket socket = listener.accept()) {
                socket.setSoTimeout(timeout);
                answer(new BufferedInputStream(socket.getInputStream()), new BufferedOutputStream(socket.getOutputStream()));
            } catch (Exception error) {
                if (!listener.isClosed()) {
                    System.err.println("ocsp: " + error);
                }
            }
        }
    }

    private void answer(InputStream in, OutputStream out) throws Exception {
        String[] request = Http.readHead(in).first().split(" ");
        if (request[0].equals("HEAD")) {
            Http.writeHead(out, "HTTP/1.1 200 OK", List.of(new String[] {"Content-Length", "0"}, new String[] {"Connection", "close"}));
            return;
        }
        List<byte[]> found = new ArrayList<>();
        for (String parameter : request[1].substring(request[1].indexOf('?') + 1).split("&")) {
            if (parameter.startsWith("cert=")) {
                found.add(responses.get(parameter.substring("cert=".length())));
            }
        }
        if (found.isEmpty() || found.contains(null)) {
            byte[] text = "Could not get OCSP responses".getBytes(StandardCharsets.UTF_8);
            Http.writeHead(out, "HTTP/1.1 500 Server Error", List.of(new String[] {"Content-Length", String.valueOf(text.length)},
                new String[] {"Connection", "close"}));
            out.write(text);
            out.flush();
            return;
        }
        String boundary = "jetty" + Long.toString(System.nanoTime(), 36);
        Multipart multipart = new Multipart(boundary);
        found.forEach(response -> multipart.part("Content-Type", Multipart.OCSP, response));
        byte[] content = multipart.end();
        Http.writeHead(out, "HTTP/1.1 200 OK", List.of(
            new String[] {"Content-Type", "multipart/related; type=\"application/ocsp-response\"; charset=UTF-8; boundary=" + boundary},
            new String[] {"Content-Length", String.valueOf(content.length)}, new String[] {"Connection", "close"}));
        out.write(content);
        out.flush();
    }
}
