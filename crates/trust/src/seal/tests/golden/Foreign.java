// Writes the golden files of signatures that other tools make: a bare ds:Signature with exclusive canonicalization,
// ds:Transforms, SigningCertificateV2 and Ids of its own, signed by the JDK (Santuario).
//
// usage: openssl req -x509 -newkey rsa:2048 -nodes -keyout rsa.key -out rsa.pem -days 36500 -subj /CN=rsa; java Foreign.java
import java.io.*; import java.nio.file.*; import java.security.*; import java.security.cert.*; import java.security.spec.*;
import java.util.*; import javax.xml.crypto.*; import javax.xml.crypto.dom.*; import javax.xml.crypto.dsig.*;
import javax.xml.crypto.dsig.dom.*; import javax.xml.crypto.dsig.keyinfo.*; import javax.xml.crypto.dsig.spec.*;
import javax.xml.parsers.*; import javax.xml.transform.*; import javax.xml.transform.dom.*; import javax.xml.transform.stream.*;
import org.w3c.dom.*;

public class Foreign {
    static final String XADES = "http://uri.etsi.org/01903/v1.3.2#", DS = XMLSignature.XMLNS;

    public static void main(String[] args) throws Exception {
        make("rsa", "RSA", "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256");
        make("rsa", "RSA", "http://www.w3.org/2007/05/xmldsig-more#sha512-rsa-MGF1");
        make("ec", "EC", "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256");
    }

    static void make(String name, String kind, String method) throws Exception {
        String pem = Files.readString(Path.of(name + ".key")).replaceAll("-----[A-Z ]*-----|\\s", "");
        PrivateKey key = KeyFactory.getInstance(kind).generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(pem)));
        X509Certificate cert = (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(new FileInputStream(name + ".pem"));
        XMLSignatureFactory f = XMLSignatureFactory.getInstance("DOM");
        DocumentBuilderFactory dbf = DocumentBuilderFactory.newInstance();
        dbf.setNamespaceAware(true);
        Document doc = dbf.newDocumentBuilder().newDocument();

        byte[] digest = MessageDigest.getInstance("SHA-256").digest(cert.getEncoded());
        Element properties = add(doc, null, "QualifyingProperties", null);
        properties.setAttribute("Target", "#S0");
        Element signed = add(doc, properties, "SignedProperties", null);
        signed.setAttribute("Id", "S0-SignedProperties");
        signed.setIdAttribute("Id", true);
        Element signature = add(doc, signed, "SignedSignatureProperties", null);
        add(doc, signature, "SigningTime", "2026-11-21T10:00:00Z");
        Element certDigest = add(doc, add(doc, add(doc, signature, "SigningCertificateV2", null), "Cert", null), "CertDigest", null);
        Element digestMethod = doc.createElementNS(DS, "ds:DigestMethod");
        digestMethod.setAttribute("Algorithm", DigestMethod.SHA256);
        certDigest.appendChild(digestMethod);
        Element digestValue = doc.createElementNS(DS, "ds:DigestValue");
        digestValue.setTextContent(Base64.getEncoder().encodeToString(digest));
        certDigest.appendChild(digestValue);

        DigestMethod sha256 = f.newDigestMethod(DigestMethod.SHA256, null);
        javax.xml.crypto.dsig.Transform exclusive = f.newTransform(CanonicalizationMethod.EXCLUSIVE, (TransformParameterSpec) null);
        Reference message = f.newReference("message.xml", sha256, null, null, "S0-RefId0");
        Reference own = f.newReference("#S0-SignedProperties", sha256, List.of(exclusive), "http://uri.etsi.org/01903#SignedProperties", null);
        SignedInfo info = f.newSignedInfo(f.newCanonicalizationMethod(CanonicalizationMethod.EXCLUSIVE, (C14NMethodParameterSpec) null),
            f.newSignatureMethod(method, null), List.of(message, own));
        KeyInfoFactory k = f.getKeyInfoFactory();
        KeyInfo keyInfo = k.newKeyInfo(List.of(k.newX509Data(List.of(cert))));
        XMLObject object = f.newXMLObject(List.of(new DOMStructure(properties)), null, null, null);
        DOMSignContext context = new DOMSignContext(key, doc);
        context.setDefaultNamespacePrefix("ds");
        URIDereferencer usual = f.getURIDereferencer();
        context.setURIDereferencer((r, c) -> r.getURI().startsWith("#") ? usual.dereference(r, c)
            : new OctetStreamData(new ByteArrayInputStream("message".getBytes())));
        f.newXMLSignature(info, keyInfo, List.of(object), "S0", "S0-SIG").sign(context);
        Transformer t = TransformerFactory.newInstance().newTransformer();
        t.transform(new DOMSource(doc), new StreamResult(new File(method.replaceAll(".*#", "") + ".xml")));
    }

    static Element add(Document doc, Element parent, String name, String text) {
        Element e = doc.createElementNS(XADES, "xades:" + name);
        if (text != null) e.setTextContent(text);
        if (parent != null) parent.appendChild(e);
        return e;
    }
}
