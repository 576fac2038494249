import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.CertPathValidator;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.PKIXRevocationChecker;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Date;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import javax.xml.XMLConstants;
import javax.xml.crypto.Data;
import javax.xml.crypto.KeySelector;
import javax.xml.crypto.OctetStreamData;
import javax.xml.crypto.URIDereferencer;
import javax.xml.crypto.URIReferenceException;
import javax.xml.crypto.dsig.Reference;
import javax.xml.crypto.dsig.Transform;
import javax.xml.crypto.dsig.XMLSignature;
import javax.xml.crypto.dsig.XMLSignatureFactory;
import javax.xml.crypto.dsig.dom.DOMValidateContext;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.Node;

/**
 * Judges an X-Road container (.asice) with the JDK's own XML signature, certificate path and OCSP code.
 *
 * <pre>java VerifyContainer.java [--all-data] [--ca CA.pem [--at 2024-12-05T13:20:00Z]] CONTAINER.asice|FOLDER...</pre>
 *
 * FOLDER is an unpacked container. Prints one JSON line for each. Exit 0: all valid; 1: one is invalid, with the reason;
 * 2: one is unreadable. What is checked: the XML signature
 * with the certificate in KeyInfo, every reference resolved inside the container; the digest of that certificate in
 * SigningCertificate; the hash chains (wire.md 5.2), by code of this file; the message imprint of a timestamp, whose
 * own signature timestamp.sh checks. --all-data: a hash chain may only name data that is in the container. --ca: the
 * certificate path up to this CA and the embedded OCSP response of the signing certificate, at the time of the
 * timestamp unless --at gives another. Who the signer is and what global configuration says is not looked at.
 */
public final class VerifyContainer {
    static final String DS = "http://www.w3.org/2000/09/xmldsig#";
    static final String XADES = "http://uri.etsi.org/01903/v1.3.2#";
    static final String CHAIN = "http://cyber.ee/hashchain";
    static final String SIGNED_PROPERTIES = "http://uri.etsi.org/01903#SignedProperties";
    static final String MIME = "application/vnd.etsi.asic-e+zip";
    static final int MAX_ENTRY = 256 << 20;
    static final int MAX_DEPTH = 64;
    /** X-Road's default for the age of an OCSP response, in seconds (wire.md 3.8); the JDK's own is 900. */
    static final String OCSP_FRESHNESS = "3600";

    /** The container is readable, and what it claims is not so. */
    static final class Invalid extends Exception {
        Invalid(String reason) {
            super(reason);
        }
    }

    /** No judgement is possible. */
    static final class Unreadable extends Exception {
        Unreadable(String reason) {
            super(reason);
        }
    }

    /** What a valid seal says. */
    record Finding(X509Certificate signer, String algorithm, String signedAt, List<String> references, String chain,
                   Set<String> unverified, String timestamp, Instant stampedAt, List<byte[]> ocsp) {
        Map<String, Object> facts() {
            Map<String, Object> facts = new LinkedHashMap<>();
            facts.put("signer", signer.getSubjectX500Principal().toString());
            facts.put("algorithm", algorithm);
            facts.put("signed_at", signedAt);
            facts.put("references", references);
            facts.put("hash_chain", chain);
            facts.put("unverified", unverified);
            facts.put("timestamp", timestamp);
            facts.put("stamped_at", stampedAt == null ? null : stampedAt.toString());
            return facts;
        }
    }

    public static void main(String[] arguments) {
        System.setProperty("com.sun.security.ocsp.clockSkew", OCSP_FRESHNESS);
        boolean allData = false;
        Path ca = null;
        Instant at = null;
        List<Path> containers = new ArrayList<>();
        try {
            for (int i = 0; i < arguments.length; i++) {
                switch (arguments[i]) {
                    case "--all-data" -> allData = true;
                    case "--ca" -> ca = Path.of(arguments[++i]);
                    case "--at" -> at = Instant.parse(arguments[++i]);
                    default -> containers.add(Path.of(arguments[i]));
                }
            }
        } catch (RuntimeException error) {
            containers.clear();
        }
        if (containers.isEmpty()) {
            System.err.println("usage: VerifyContainer [--all-data] [--ca CA.pem [--at TIME]] CONTAINER.asice|FOLDER...");
            System.exit(2);
        }
        int worst = 0;
        for (Path container : containers) {
            Map<String, Object> line = new LinkedHashMap<>();
            try {
                Finding finding = judge(Files.isDirectory(container) ? readFolder(container) : read(Files.readAllBytes(container)), allData);
                line.put("verdict", "valid");
                line.putAll(finding.facts());
                if (ca != null) {
                    Instant time = at != null ? at : finding.stampedAt() != null ? finding.stampedAt() : Instant.now();
                    line.put("path", checkPath(List.of(finding.signer()), ca, finding.ocsp(), time));
                }
            } catch (Invalid reason) {
                line = refusal("invalid", reason);
                worst = Math.max(worst, 1);
            } catch (Exception reason) {
                line = refusal("unreadable", reason);
                worst = 2;
            }
            System.out.println(json(line));
        }
        System.exit(worst);
    }

    private static Map<String, Object> refusal(String verdict, Exception reason) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("verdict", verdict);
        line.put("reason", chain(reason));
        return line;
    }

    /** Reads the entries of a container, names as written. */
    static Map<String, byte[]> read(byte[] zip) throws Unreadable {
        Map<String, byte[]> entries = new LinkedHashMap<>();
        try (ZipInputStream in = new ZipInputStream(new ByteArrayInputStream(zip))) {
            for (ZipEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
                byte[] content = in.readNBytes(MAX_ENTRY + 1);
                if (content.length > MAX_ENTRY || entries.put(entry.getName(), content) != null) {
                    throw new Unreadable("entry too large or twice: " + entry.getName());
                }
            }
        } catch (IOException | IllegalArgumentException error) {
            throw new Unreadable("not a zip file: " + error.getMessage());
        }
        byte[] mime = entries.get("mimetype");
        if (mime == null || !new String(mime, StandardCharsets.ISO_8859_1).equals(MIME)) {
            throw new Unreadable("no mimetype entry of a container");
        }
        return entries;
    }

    private static Map<String, byte[]> readFolder(Path folder) throws IOException {
        Map<String, byte[]> entries = new LinkedHashMap<>();
        try (Stream<Path> files = Files.walk(folder, 2)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                entries.put(folder.relativize(file).toString(), Files.readAllBytes(file));
            }
        }
        return entries;
    }

    /**
     * Judges a seal: `message.xml`, `META-INF/signatures.xml`, `attachmentN` and the hash-chain files by name.
     */
    static Finding judge(Map<String, byte[]> entries, boolean allData) throws Invalid, Unreadable {
        if (!entries.containsKey("message.xml")) {
            throw new Unreadable("no message.xml");
        }
        String name = entries.keySet().stream()
            .filter(n -> n.matches("META-INF/.*signatures.*\\.xml")).findFirst()
            .orElseThrow(() -> new Unreadable("no signatures.xml"));
        Document document = parse(entries.get(name), name);
        Element signature = signature(document);
        Element certificate = only(only(only(signature, DS, "KeyInfo"), DS, "X509Data"), DS, "X509Certificate");
        X509Certificate signer = certificate(base64(certificate));

        XMLSignature unmarshalled;
        try {
            DOMValidateContext context = new DOMValidateContext(KeySelector.singletonKeySelector(signer.getPublicKey()), signature);
            context.setProperty("org.jcp.xml.dsig.secureValidation", Boolean.TRUE);
            registerIds(document.getDocumentElement(), context, new HashSet<>());
            XMLSignatureFactory factory = XMLSignatureFactory.getInstance("DOM");
            context.setURIDereferencer(inside(entries, factory.getURIDereferencer()));
            unmarshalled = factory.unmarshalXMLSignature(context);
            for (Object each : unmarshalled.getSignedInfo().getReferences()) {
                Reference reference = (Reference) each;
                for (Object transform : reference.getTransforms()) {
                    if (!((Transform) transform).getAlgorithm().contains("c14n")) {
                        throw new Invalid("transform " + ((Transform) transform).getAlgorithm() + " in " + reference.getURI());
                    }
                }
                if (!reference.validate(context)) {
                    throw new Invalid("digest of " + reference.getURI() + " differs");
                }
            }
            if (!unmarshalled.getSignatureValue().validate(context) || !unmarshalled.validate(context)) {
                throw new Invalid("signature value does not match");
            }
        } catch (Invalid invalid) {
            throw invalid;
        } catch (Exception error) {
            throw new Invalid("XML signature: " + chain(error));
        }

        Element properties = only(only(signature, DS, "Object"), XADES, "QualifyingProperties");
        Element signed = only(properties, XADES, "SignedProperties");
        List<String> references = new ArrayList<>();
        for (Object each : unmarshalled.getSignedInfo().getReferences()) {
            Reference reference = (Reference) each;
            references.add(reference.getURI());
            if (SIGNED_PROPERTIES.equals(reference.getType()) && !("#" + signed.getAttribute("Id")).equals(reference.getURI())) {
                throw new Invalid("other SignedProperties are signed");
            }
        }
        if (!references.contains("#" + signed.getAttribute("Id"))) {
            throw new Invalid("SignedProperties are not signed");
        }
        Element signedSignature = only(signed, XADES, "SignedSignatureProperties");
        checkSigningCertificate(signedSignature, signer);

        Set<String> unverified = new TreeSet<>();
        String chain = "none";
        if (references.contains("/sig-hashchainresult.xml")) {
            Set<String> needed = new TreeSet<>();
            entries.keySet().stream().filter(n -> n.equals("message.xml") || n.matches("attachment[0-9]+"))
                .forEach(n -> needed.add("/" + n));
            chain = new Chain(entries, "sig-hashchain").check(needed, unverified, allData);
        } else if (!references.contains("/message.xml")) {
            throw new Invalid("the message is not signed");
        } else {
            for (String entry : entries.keySet()) {
                if (entry.matches("attachment[0-9]+") && !references.contains("/" + entry)) {
                    throw new Invalid(entry + " is not signed");
                }
            }
        }

        List<byte[]> ocsp = new ArrayList<>();
        for (Element value : all(properties, XADES, "EncapsulatedOCSPValue")) {
            ocsp.add(base64(value));
        }
        byte[] value = unmarshalled.getSignatureValue().getValue();
        Stamp stamp = stamp(entries, properties, value);
        return new Finding(signer, unmarshalled.getSignedInfo().getSignatureMethod().getAlgorithm(),
            only(signedSignature, XADES, "SigningTime").getTextContent(), references, chain, unverified,
            stamp == null ? "none" : stamp.kind(), stamp == null ? null : stamp.time(), ocsp);
    }

    /** Names inside the container as octets, same-document names by the JDK, nothing else. */
    private static URIDereferencer inside(Map<String, byte[]> entries, URIDereferencer document) {
        return (reference, context) -> {
            String uri = reference.getURI();
            if (uri != null && uri.startsWith("#")) {
                return document.dereference(reference, context);
            }
            byte[] entry = uri != null && uri.startsWith("/") ? entries.get(uri.substring(1)) : null;
            if (entry == null) {
                throw new URIReferenceException("not in the container: " + uri);
            }
            Data octets = new OctetStreamData(new ByteArrayInputStream(entry), uri, null);
            return octets;
        };
    }

    private static Element signature(Document document) throws Invalid {
        Element root = document.getDocumentElement();
        Element found = root;
        if (!isNamed(root, DS, "Signature")) {
            found = only(root, DS, "Signature");
        }
        if (all(root, DS, "Signature").size() + (found == root ? 1 : 0) != 1) {
            throw new Invalid("more than one signature");
        }
        return found;
    }

    private static void registerIds(Element element, DOMValidateContext context, Set<String> seen) throws Invalid {
        if (element.hasAttributeNS(null, "Id")) {
            if (!seen.add(element.getAttributeNS(null, "Id"))) {
                throw new Invalid("Id twice: " + element.getAttributeNS(null, "Id"));
            }
            context.setIdAttributeNS(element, null, "Id");
        }
        for (Element child : children(element)) {
            registerIds(child, context, seen);
        }
    }

    private static void checkSigningCertificate(Element signedSignature, X509Certificate signer) throws Invalid {
        for (Element digest : all(signedSignature, XADES, "CertDigest")) {
            String method = only(digest, DS, "DigestMethod").getAttribute("Algorithm");
            try {
                if (Arrays.equals(digest(method, signer.getEncoded()), base64(only(digest, DS, "DigestValue")))) {
                    return;
                }
            } catch (GeneralSecurityException error) {
                throw new Invalid("certificate: " + error.getMessage());
            }
        }
        throw new Invalid("SigningCertificate names another certificate");
    }

    // --- Hash chains (wire.md 5.2) -----------------------------------------------------------------------------------

    /** A hash chain and its result, as two files of the container. */
    private static final class Chain {
        private final Map<String, byte[]> entries;
        private final String file;
        private final Map<String, Element> steps = new HashMap<>();
        private final Set<String> used = new HashSet<>();
        private String defaultMethod;
        private Set<String> unverified;
        private boolean allData;

        Chain(Map<String, byte[]> entries, String file) {
            this.entries = entries;
            this.file = file;
        }

        String check(Set<String> needed, Set<String> unverified, boolean allData) throws Invalid {
            this.unverified = unverified;
            this.allData = allData;
            Element result = root(file + "result.xml", "HashChainResult");
            Element chain = root(file + ".xml", "HashChain");
            defaultMethod = only(chain, CHAIN, "DefaultDigestMethod").getAttribute("Algorithm");
            for (Element step : children(chain)) {
                if (isNamed(step, CHAIN, "HashStep") && steps.put(step.getAttribute("id"), step) != null) {
                    throw new Invalid("hash step twice: " + step.getAttribute("id"));
                }
            }
            String prefix = "/" + file + ".xml#";
            if (!result.getAttribute("URI").startsWith(prefix)) {
                throw new Invalid("hash chain result names " + result.getAttribute("URI"));
            }
            String method = only(result, DS, "DigestMethod").getAttribute("Algorithm");
            byte[] value = step(result.getAttribute("URI").substring(prefix.length()), method, 0);
            if (!Arrays.equals(value, base64(only(result, DS, "DigestValue")))) {
                throw new Invalid("hash chain does not lead to its result");
            }
            for (String part : needed) {
                if (!used.contains(part)) {
                    throw new Invalid("hash chain does not use " + part);
                }
            }
            return "valid";
        }

        private Element root(String name, String local) throws Invalid {
            byte[] content = entries.get(name);
            if (content == null) {
                throw new Invalid("no " + name);
            }
            try {
                Element root = parse(content, name).getDocumentElement();
                if (isNamed(root, CHAIN, local)) {
                    return root;
                }
            } catch (Unreadable error) {
                throw new Invalid(error.getMessage());
            }
            throw new Invalid(name + " is not a " + local);
        }

        /** H(SEQUENCE OF SEQUENCE { OCTET STRING digest, UTF8String method, SEQUENCE {} }). */
        private byte[] step(String id, String method, int depth) throws Invalid {
            Element step = steps.get(id);
            if (step == null || depth > MAX_DEPTH) {
                throw new Invalid(step == null ? "no hash step " + id : "hash steps too deep");
            }
            ByteArrayOutputStream inputs = new ByteArrayOutputStream();
            for (Element input : children(step)) {
                if (!all(input, DS, "Transforms").isEmpty()) {
                    throw new Invalid("transform in a hash step");
                }
                List<Element> own = all(input, DS, "DigestMethod");
                String inputMethod = own.isEmpty() ? defaultMethod : own.get(0).getAttribute("Algorithm");
                String uri = input.getAttribute("URI");
                byte[] digest = switch (input.getLocalName()) {
                    case "HashValue" -> base64(only(input, DS, "DigestValue"));
                    case "StepRef" -> step(uri.substring(uri.indexOf('#') + 1), inputMethod, depth + 1);
                    case "DataRef" -> data(uri, inputMethod, base64(only(input, DS, "DigestValue")));
                    default -> throw new Invalid("hash step holds " + input.getLocalName());
                };
                inputs.writeBytes(der(0x30, der(0x04, digest), der(0x0c, inputMethod.getBytes(StandardCharsets.UTF_8)), der(0x30)));
            }
            return digest(method, der(0x30, inputs.toByteArray()));
        }

        private byte[] data(String uri, String method, byte[] claimed) throws Invalid {
            byte[] entry = uri.startsWith("/") ? entries.get(uri.substring(1)) : null;
            if (entry != null) {
                used.add(uri);
                if (!Arrays.equals(digest(method, entry), claimed)) {
                    throw new Invalid("hash chain: digest of " + uri + " differs");
                }
            } else if (allData || !uri.matches("/attachment[0-9]+")) {
                throw new Invalid("hash chain names " + uri + ", which is not here");
            } else {
                unverified.add(uri);
            }
            return claimed;
        }
    }

    static byte[] der(int tag, byte[]... contents) {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        for (byte[] each : contents) {
            content.writeBytes(each);
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(tag);
        if (content.size() < 128) {
            out.write(content.size());
        } else {
            byte[] length = BigInteger.valueOf(content.size()).toByteArray();
            int skip = length[0] == 0 ? 1 : 0;
            out.write(0x80 | length.length - skip);
            out.write(length, skip, length.length - skip);
        }
        out.writeBytes(content.toByteArray());
        return out.toByteArray();
    }

    // --- Timestamps (wire.md 6) --------------------------------------------------------------------------------------

    private record Stamp(String kind, Instant time) { }

    private static Stamp stamp(Map<String, byte[]> entries, Element properties, byte[] signatureValue) throws Invalid {
        List<Element> tokens = all(properties, XADES, "EncapsulatedTimeStamp");
        if (entries.containsKey("ts-hashchainresult.xml")) {
            new Chain(entries, "ts-hashchain").check(Set.of("/META-INF/signatures.xml"), new HashSet<>(), true);
            byte[] token = entries.get("META-INF/timestamp.tst");
            if (token == null) {
                throw new Invalid("no META-INF/timestamp.tst");
            }
            return new Stamp("batch", imprint(token, entries.get("ts-hashchainresult.xml")));
        }
        return tokens.isEmpty() ? null : new Stamp("single", imprint(base64(tokens.get(0)), signatureValue));
    }

    /** Compares the imprint of a token (CMS SignedData over TSTInfo, RFC 3161 2.4.2) and answers genTime. */
    private static Instant imprint(byte[] token, byte[] stamped) throws Invalid {
        try {
            List<byte[]> signedData = sequence(content(content(sequence(content(token)).get(1))));
            List<byte[]> encapsulated = sequence(content(signedData.get(2)));
            List<byte[]> info = sequence(content(content(content(encapsulated.get(1)))));
            List<byte[]> imprint = sequence(content(info.get(2)));
            String algorithm = switch (hex(content(sequence(content(imprint.get(0))).get(0)))) {
                case "608648016503040201" -> "SHA-256";
                case "608648016503040202" -> "SHA-384";
                case "608648016503040203" -> "SHA-512";
                default -> throw new Invalid("timestamp: unknown digest");
            };
            if (!Arrays.equals(MessageDigest.getInstance(algorithm).digest(stamped), content(imprint.get(1)))) {
                throw new Invalid("timestamp is of something else");
            }
            String time = new String(content(info.get(4)), StandardCharsets.US_ASCII).replaceAll("\\..*Z|Z", "");
            return DateTimeFormatter.ofPattern("yyyyMMddHHmmss").withZone(ZoneOffset.UTC).parse(time, Instant::from);
        } catch (IndexOutOfBoundsException | IllegalArgumentException | GeneralSecurityException error) {
            throw new Invalid("timestamp: " + error);
        }
    }

    private static List<byte[]> sequence(byte[] content) {
        List<byte[]> items = new ArrayList<>();
        for (int at = 0; at < content.length; ) {
            int end = at + header(content, at) + length(content, at);
            if (end > content.length) {
                throw new IllegalArgumentException("cut off");
            }
            items.add(Arrays.copyOfRange(content, at, end));
            at = end;
        }
        return items;
    }

    private static byte[] content(byte[] item) {
        int start = header(item, 0);
        int end = start + length(item, 0);
        if (end > item.length) {
            throw new IllegalArgumentException("cut off");
        }
        return Arrays.copyOfRange(item, start, end);
    }

    private static int header(byte[] bytes, int at) {
        return (bytes[at + 1] & 0x80) == 0 ? 2 : 2 + (bytes[at + 1] & 0x7f);
    }

    private static int length(byte[] bytes, int at) {
        int first = bytes[at + 1] & 0xff;
        if (first < 0x80) {
            return first;
        }
        if (first == 0x80 || first > 0x83) {
            throw new IllegalArgumentException("not DER");
        }
        return new BigInteger(1, Arrays.copyOfRange(bytes, at + 2, at + 2 + (first & 0x7f))).intValue();
    }

    // --- Certificates ------------------------------------------------------------------------------------------------

    /** The JDK's path validation from `leaf..` to the CA, with the given OCSP responses for the leaf; nothing is fetched. */
    static String checkPath(List<X509Certificate> path, Path ca, List<byte[]> ocsp, Instant at) throws Exception {
        CertificateFactory factory = CertificateFactory.getInstance("X.509");
        Set<TrustAnchor> anchors = factory.generateCertificates(Files.newInputStream(ca)).stream()
            .map(each -> new TrustAnchor((X509Certificate) each, null)).collect(Collectors.toSet());
        CertPathValidator validator = CertPathValidator.getInstance("PKIX");
        PKIXRevocationChecker revocation = (PKIXRevocationChecker) validator.getRevocationChecker();
        revocation.setOptions(EnumSet.of(PKIXRevocationChecker.Option.ONLY_END_ENTITY, PKIXRevocationChecker.Option.NO_FALLBACK));
        if (ocsp.isEmpty()) {
            throw new Invalid("no OCSP response");
        }
        revocation.setOcspResponses(Map.of(path.get(0), ocsp.get(0)));
        PKIXParameters parameters = new PKIXParameters(anchors);
        parameters.setDate(Date.from(at));
        parameters.addCertPathChecker(revocation);
        try {
            validator.validate(factory.generateCertPath(path), parameters);
            return "valid at " + at;
        } catch (GeneralSecurityException error) {
            throw new Invalid("certificate path: " + chain(error));
        }
    }

    static X509Certificate certificate(byte[] der) throws Invalid {
        try {
            return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(der));
        } catch (GeneralSecurityException error) {
            throw new Invalid("certificate: " + error.getMessage());
        }
    }

    // --- Small things ------------------------------------------------------------------------------------------------

    static byte[] digest(String method, byte[] data) throws Invalid {
        String name = switch (method) {
            case "http://www.w3.org/2001/04/xmlenc#sha256" -> "SHA-256";
            case "http://www.w3.org/2001/04/xmldsig-more#sha384" -> "SHA-384";
            case "http://www.w3.org/2001/04/xmlenc#sha512" -> "SHA-512";
            default -> throw new Invalid("unknown digest " + method);
        };
        try {
            return MessageDigest.getInstance(name).digest(data);
        } catch (GeneralSecurityException error) {
            throw new IllegalStateException(error);
        }
    }

    static Document parse(byte[] xml, String name) throws Unreadable {
        try {
            DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
            factory.setNamespaceAware(true);
            factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
            factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
            var builder = factory.newDocumentBuilder();
            builder.setErrorHandler(null);
            return builder.parse(new ByteArrayInputStream(xml));
        } catch (Exception error) {
            throw new Unreadable(name + ": " + error.getMessage());
        }
    }

    private static boolean isNamed(Node node, String namespace, String local) {
        return namespace.equals(node.getNamespaceURI()) && local.equals(node.getLocalName());
    }

    private static List<Element> children(Element parent) {
        List<Element> found = new ArrayList<>();
        for (Node child = parent.getFirstChild(); child != null; child = child.getNextSibling()) {
            if (child instanceof Element element) {
                found.add(element);
            }
        }
        return found;
    }

    private static List<Element> all(Element parent, String namespace, String local) {
        List<Element> found = new ArrayList<>();
        var nodes = parent.getElementsByTagNameNS(namespace, local);
        for (int i = 0; i < nodes.getLength(); i++) {
            found.add((Element) nodes.item(i));
        }
        return found;
    }

    private static Element only(Element parent, String namespace, String local) throws Invalid {
        List<Element> found = children(parent).stream().filter(e -> isNamed(e, namespace, local)).toList();
        if (found.size() != 1) {
            throw new Invalid(found.size() + " times " + local + " in " + parent.getLocalName());
        }
        return found.get(0);
    }

    private static byte[] base64(Element element) throws Invalid {
        try {
            return Base64.getDecoder().decode(element.getTextContent().replaceAll("[ \t\r\n]", ""));
        } catch (IllegalArgumentException error) {
            throw new Invalid("base64 in " + element.getLocalName());
        }
    }

    static String hex(byte[] bytes) {
        StringBuilder hex = new StringBuilder();
        for (byte each : bytes) {
            hex.append(String.format(Locale.ROOT, "%02x", each));
        }
        return hex.toString();
    }

    private static String chain(Throwable error) {
        StringBuilder text = new StringBuilder(String.valueOf(error.getMessage()));
        for (Throwable cause = error.getCause(); cause != null; cause = cause.getCause()) {
            text.append(": ").append(cause.getMessage());
        }
        return text.toString();
    }

    /** One line of JSON from maps, collections, strings, numbers, booleans and null. */
    static String json(Object value) {
        if (value instanceof Map<?, ?> map) {
            return map.entrySet().stream().map(e -> json(e.getKey().toString()) + ":" + json(e.getValue()))
                .collect(Collectors.joining(",", "{", "}"));
        }
        if (value instanceof Iterable<?> items) {
            List<String> texts = new ArrayList<>();
            items.forEach(item -> texts.add(json(item)));
            return "[" + String.join(",", texts) + "]";
        }
        if (value instanceof String text) {
            StringBuilder out = new StringBuilder("\"");
            for (char c : text.toCharArray()) {
                out.append(c == '"' || c == '\\' ? "\\" + c : c < 0x20 ? String.format("\\u%04x", (int) c) : c);
            }
            return out.append('"').toString();
        }
        return String.valueOf(value);
    }
}
