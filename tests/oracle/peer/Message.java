import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Element;

/** A received message: OCSP responses, block, body if there is a part for it, and the seal's files. */
record Message(List<byte[]> ocsp, RestBlock block, byte[] body, Map<String, byte[]> seal) {

    /** Reads the parts in their one order (wire.md 3.3). A fault in the place of a part is thrown. */
    static Message decode(String contentType, byte[] content, String blockType) throws Peer.Broken, Peer.Fault {
        List<Multipart.Part> parts = new ArrayList<>(Multipart.decode(contentType, "multipart/mixed", content));
        for (Multipart.Part part : parts) {
            if (part.type().toLowerCase().startsWith("text/xml")) {
                throw fault(part.content(), "part " + (parts.indexOf(part) + 1));
            }
        }
        List<byte[]> ocsp = new ArrayList<>();
        for (byte[] each = take(parts, Multipart.OCSP); each != null; each = take(parts, Multipart.OCSP)) {
            ocsp.add(each);
        }
        byte[] block = take(parts, blockType);
        Peer.Broken.unless(block != null, "no part " + blockType + " in its place");
        byte[] body = take(parts, Multipart.REST_BODY);
        Map<String, byte[]> seal = new LinkedHashMap<>();
        byte[] result = take(parts, Multipart.CHAIN_RESULT);
        if (result != null) {
            byte[] chain = take(parts, Multipart.CHAIN);
            Peer.Broken.unless(chain != null, "a hash chain result without its chain");
            seal.put("sig-hashchainresult.xml", result);
            seal.put("sig-hashchain.xml", chain);
        }
        byte[] signature = take(parts, Multipart.SIGNATURE);
        Peer.Broken.unless(signature != null && parts.isEmpty(), "the signature is not the last part");
        seal.put("META-INF/signatures.xml", signature);
        return new Message(ocsp, RestBlock.decode(block), body, seal);
    }

    private static byte[] take(List<Multipart.Part> parts, String type) {
        return !parts.isEmpty() && parts.get(0).type().equals(type) ? parts.remove(0).content() : null;
    }

    /** A SOAP fault (wire.md 3.4). */
    static Peer.Fault fault(byte[] xml, String place) throws Peer.Broken {
        try {
            DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
            factory.setNamespaceAware(true);
            factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
            Element root = factory.newDocumentBuilder().parse(new ByteArrayInputStream(xml)).getDocumentElement();
            return new Peer.Fault(root.getElementsByTagName("faultcode").item(0).getTextContent(),
                root.getElementsByTagName("faultstring").item(0).getTextContent(), place);
        } catch (Exception error) {
            throw new Peer.Broken("unreadable fault: " + new String(xml, StandardCharsets.UTF_8));
        }
    }

    static byte[] fault(String code, String text) {
        String safe = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
        return ("<?xml version=\"1.0\" encoding=\"UTF-8\"?><SOAP-ENV:Envelope xmlns:SOAP-ENV=\"http://schemas.xmlsoap.org/soap/envelope/\">"
            + "<SOAP-ENV:Body><SOAP-ENV:Fault><faultcode>" + code + "</faultcode><faultstring>" + safe + "</faultstring>"
            + "<faultactor></faultactor><detail><faultDetail xmlns=\"\">none</faultDetail></detail></SOAP-ENV:Fault></SOAP-ENV:Body>"
            + "</SOAP-ENV:Envelope>").getBytes(StandardCharsets.UTF_8);
    }

    /** Block, body and seal by their names in a container. */
    Map<String, byte[]> entries() {
        Map<String, byte[]> entries = new LinkedHashMap<>();
        entries.put("message.xml", block.bytes());
        entries.putAll(seal);
        if (body != null) {
            entries.put("attachment1", body);
        }
        return entries;
    }

    /** Checks the seal, and with {@code --ca} the signer's certificate and its embedded OCSP response now. */
    Map<String, Object> check(Options options) throws Exception {
        VerifyContainer.Finding finding = VerifyContainer.judge(entries(), true);
        Peer.Broken.unless((body != null) == finding.references().contains("/sig-hashchainresult.xml"), "hash chain and body do not go together");
        Map<String, Object> facts = finding.facts();
        facts.keySet().removeAll(List.of("unverified", "timestamp", "stamped_at"));
        if (options.ca().isPresent()) {
            VerifyContainer.checkPath(List.of(finding.signer()), options.ca().get(), finding.ocsp(), Instant.now());
            facts.put("signer_path", "valid");
        }
        return facts;
    }

    /** With {@code --ca}: checks the certificates shown in the handshake, with OCSP responses for the first, now. */
    static void checkTls(Options options, List<X509Certificate> chain, List<byte[]> ocsp, Map<String, Object> line) throws Exception {
        line.put("peer", chain.get(0).getSubjectX500Principal().toString());
        if (options.ca().isPresent()) {
            VerifyContainer.checkPath(chain, options.ca().get(), ocsp, Instant.now());
            line.put("peer_path", "valid");
        }
    }

    /** Writes message and seal as a container to {@code --save}NAME. */
    void save(Options options, String name) throws IOException {
        if (options.find("--save").isEmpty()) {
            return;
        }
        Map<String, byte[]> entries = new LinkedHashMap<>();
        entries.put("mimetype", VerifyContainer.MIME.getBytes(StandardCharsets.US_ASCII));
        entries.putAll(entries());
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(Path.of(options.one("--save"), name)))) {
            for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
                zip.putNextEntry(new ZipEntry(entry.getKey()));
                zip.write(entry.getValue());
            }
        }
    }
}
