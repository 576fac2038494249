import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Makes seals as X-Road's Java code writes them (wire.md 5): hash chain, XAdES, base64 in lines that end with an encoded
 * carriage return. No XML library takes part: each signed element is written twice from one template, as it stands in
 * the file and in canonical form, and the JDK's XML signature checks the outcome before it is used.
 */
final class Seal {
    private static final String SHA512 = "http://www.w3.org/2001/04/xmlenc#sha512";
    private static final String NAMESPACES = " xmlns:asic=\"http://uri.etsi.org/02918/v1.2.1#\""
        + " xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\" xmlns:xades=\"http://uri.etsi.org/01903/v1.3.2#\""
        + " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"";
    private static final String POLICY_HASH = "BuO0EDNfkxSVlUbxCzmQPzX1AUF1/xx9ytWHk3/6SAOePxQiniEfDYk+90QeYb3lWpV3Izhuz9fKaYyE+lTcXw==";
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

    private Seal() { }

    /**
     * The seal's files by their names in a container, for the parts in order: {@code message.xml}, {@code attachment1}…
     * One part is signed itself, more are signed by a hash chain.
     */
    static Map<String, byte[]> make(Map<String, byte[]> parts, Identity signer, Instant at) throws Exception {
        Map<String, byte[]> files = new LinkedHashMap<>();
        String name = "message.xml";
        if (parts.size() > 1) {
            name = "sig-hashchainresult.xml";
            files.putAll(hashChain(parts));
        }
        byte[] signed = parts.size() > 1 ? files.get(name) : parts.get(name);
        files.put("META-INF/signatures.xml", signature(name, signed, signer, at).getBytes(StandardCharsets.UTF_8));
        Map<String, byte[]> all = new LinkedHashMap<>(parts);
        all.putAll(files);
        VerifyContainer.judge(all, true);
        return files;
    }

    private static Map<String, byte[]> hashChain(Map<String, byte[]> parts) throws Exception {
        StringBuilder references = new StringBuilder();
        byte[] inputs = new byte[0];
        for (Map.Entry<String, byte[]> part : parts.entrySet()) {
            byte[] digest = VerifyContainer.digest(SHA512, part.getValue());
            references.append("        <ns2:DataRef URI=\"/").append(part.getKey()).append("\">\n            <DigestValue>")
                .append(base64(digest)).append("</DigestValue>\n        </ns2:DataRef>\n");
            byte[] input = VerifyContainer.der(0x30, VerifyContainer.der(0x04, digest),
                VerifyContainer.der(0x0c, SHA512.getBytes(StandardCharsets.UTF_8)), VerifyContainer.der(0x30));
            inputs = Arrays.copyOf(inputs, inputs.length + input.length);
            System.arraycopy(input, 0, inputs, inputs.length - input.length, input.length);
        }
        String root = " xmlns=\"http://www.w3.org/2000/09/xmldsig#\" xmlns:ns2=\"http://cyber.ee/hashchain\">\n";
        String declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
        String result = declaration + "<ns2:HashChainResult URI=\"/sig-hashchain.xml#STEP0\"" + root
            + "    <DigestMethod Algorithm=\"" + SHA512 + "\"/>\n    <DigestValue>"
            + base64(VerifyContainer.digest(SHA512, VerifyContainer.der(0x30, inputs))) + "</DigestValue>\n</ns2:HashChainResult>\n";
        String chain = declaration + "<ns2:HashChain" + root + "    <ns2:DefaultDigestMethod Algorithm=\"" + SHA512 + "\"/>\n"
            + "    <ns2:HashStep id=\"STEP0\">\n" + references + "    </ns2:HashStep>\n</ns2:HashChain>\n";
        Map<String, byte[]> files = new LinkedHashMap<>();
        files.put("sig-hashchainresult.xml", result.getBytes(StandardCharsets.UTF_8));
        files.put("sig-hashchain.xml", chain.getBytes(StandardCharsets.UTF_8));
        return files;
    }

    private static String signature(String name, byte[] signed, Identity signer, Instant at) throws Exception {
        X509Certificate certificate = signer.certificate();
        boolean ec = certificate.getPublicKey().getAlgorithm().equals("EC");
        String type = name.equals("message.xml") ? "text/xml" : "application/hash-chain-result";
        String properties = signedProperties(certificate, type, at);
        byte[] propertiesDigest = VerifyContainer.digest(SHA512, canonical("xades:SignedProperties", properties));
        String info = signedInfo(name, VerifyContainer.digest(SHA512, signed), propertiesDigest, ec ? "ecdsa" : "rsa");
        byte[] value = sign(signer, ec, canonical("ds:SignedInfo", info));

        StringBuilder ocsp = new StringBuilder();
        for (int i = 0; i < signer.ocsp().size(); i++) {
            ocsp.append("<xades:EncapsulatedOCSPValue Id=\"ocsp-response-").append(i + 1).append("\">")
                .append(base64(signer.ocsp().get(i))).append("</xades:EncapsulatedOCSPValue>");
        }
        return "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?><asic:XAdESSignatures" + NAMESPACES
            + "><ds:Signature Id=\"signature\">\n" + inFile(info)
            + "\n<ds:SignatureValue Id=\"signature-value\">\n" + inFile(lines(value))
            + "\n</ds:SignatureValue>\n<ds:KeyInfo>\n<ds:X509Data>\n<ds:X509Certificate>\n" + inFile(lines(certificate.getEncoded()))
            + "\n</ds:X509Certificate>\n</ds:X509Data>\n</ds:KeyInfo>\n"
            + "<ds:Object><xades:QualifyingProperties Target=\"#signature\">" + inFile(properties)
            + "<xades:UnsignedProperties><xades:UnsignedSignatureProperties><xades:RevocationValues><xades:OCSPValues>" + ocsp
            + "</xades:OCSPValues></xades:RevocationValues></xades:UnsignedSignatureProperties></xades:UnsignedProperties>"
            + "</xades:QualifyingProperties></ds:Object>\n</ds:Signature></asic:XAdESSignatures>";
    }

    // Templates: empty elements as a pair of tags (as canonical form has them), carriage returns as they are.

    private static String signedInfo(String name, byte[] digest, byte[] propertiesDigest, String key) {
        return "<ds:SignedInfo>\n" + empty("ds:CanonicalizationMethod", "http://www.w3.org/TR/2001/REC-xml-c14n-20010315")
            + "\n" + empty("ds:SignatureMethod", "http://www.w3.org/2001/04/xmldsig-more#" + key + "-sha512")
            + "\n<ds:Reference Id=\"signature-reference-0\" URI=\"/" + name + "\">\n" + reference(digest)
            + "\n<ds:Reference Id=\"signature-reference-1\" Type=\"http://uri.etsi.org/01903#SignedProperties\" URI=\"#signed-properties\">\n"
            + reference(propertiesDigest) + "\n</ds:SignedInfo>";
    }

    private static String reference(byte[] digest) {
        return empty("ds:DigestMethod", SHA512) + "\n<ds:DigestValue>" + lines(digest) + "</ds:DigestValue>\n</ds:Reference>";
    }

    private static String signedProperties(X509Certificate certificate, String type, Instant at) throws Exception {
        return "<xades:SignedProperties Id=\"signed-properties\"><xades:SignedSignatureProperties><xades:SigningTime>" + TIME.format(at)
            + "</xades:SigningTime><xades:SigningCertificate><xades:Cert><xades:CertDigest>" + empty("ds:DigestMethod", SHA512)
            + "<ds:DigestValue>" + base64(VerifyContainer.digest(SHA512, certificate.getEncoded()))
            + "</ds:DigestValue></xades:CertDigest><xades:IssuerSerial><ds:X509IssuerName>"
            + text(certificate.getIssuerX500Principal().getName()) + "</ds:X509IssuerName><ds:X509SerialNumber>"
            + certificate.getSerialNumber() + "</ds:X509SerialNumber></xades:IssuerSerial></xades:Cert></xades:SigningCertificate>"
            + "<xades:SignaturePolicyIdentifier><xades:SignaturePolicyId><xades:SigPolicyId>"
            + "<xades:Identifier Qualifier=\"OIDAsURN\">urn:oid:1.3.6.1.4.1.3516.16.2</xades:Identifier>"
            + "<xades:Description>Profile for High Performance Digital Signatures (version 1.2)</xades:Description>"
            + "</xades:SigPolicyId><xades:SigPolicyHash>" + empty("ds:DigestMethod", SHA512) + "<ds:DigestValue>" + POLICY_HASH
            + "</ds:DigestValue></xades:SigPolicyHash><xades:SigPolicyQualifiers><xades:SigPolicyQualifier>"
            + "<xades:SPURI>https://repo.cyber.ee/dsig-profile-1.2.pdf</xades:SPURI></xades:SigPolicyQualifier></xades:SigPolicyQualifiers>"
            + "</xades:SignaturePolicyId></xades:SignaturePolicyIdentifier></xades:SignedSignatureProperties>"
            + "<xades:SignedDataObjectProperties><xades:DataObjectFormat ObjectReference=\"#signature-reference-0\"><xades:MimeType>" + type
            + "</xades:MimeType></xades:DataObjectFormat></xades:SignedDataObjectProperties></xades:SignedProperties>";
    }

    private static String empty(String name, String algorithm) {
        return "<" + name + " Algorithm=\"" + algorithm + "\"></" + name + ">";
    }

    private static String inFile(String template) {
        return template.replaceAll("></(ds:CanonicalizationMethod|ds:SignatureMethod|ds:DigestMethod)>", "/>").replace("\r", "&#13;");
    }

    private static byte[] canonical(String apex, String template) {
        return template.replaceFirst("<" + apex, "<" + apex + NAMESPACES).replace("\r", "&#xD;").getBytes(StandardCharsets.UTF_8);
    }

    /** RSA: PKCS#1 v1.5. ECDSA: r and s side by side, without zeros that both begin with (wire.md 5.3). */
    private static byte[] sign(Identity signer, boolean ec, byte[] data) throws GeneralSecurityException {
        Signature signature = Signature.getInstance(ec ? "SHA512withECDSAinP1363Format" : "SHA512withRSA");
        signature.initSign(signer.key());
        signature.update(data);
        byte[] value = signature.sign();
        if (!ec) {
            return value;
        }
        int half = value.length / 2;
        BigInteger r = new BigInteger(1, Arrays.copyOf(value, half));
        BigInteger s = new BigInteger(1, Arrays.copyOfRange(value, half, value.length));
        int size = Math.max((r.bitLength() + 7) / 8, (s.bitLength() + 7) / 8);
        byte[] shorter = Arrays.copyOfRange(value, half - size, half + size);
        System.arraycopy(value, value.length - size, shorter, size, size);
        return shorter;
    }

    private static String base64(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }

    private static String lines(byte[] bytes) {
        return Base64.getMimeEncoder().encodeToString(bytes);
    }

    private static String text(String value) {
        return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }
}
