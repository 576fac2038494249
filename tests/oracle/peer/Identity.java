import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509ExtendedTrustManager;

/** A key with its certificates (own first, no root) and the OCSP responses of these certificates. */
record Identity(PrivateKey key, List<X509Certificate> chain, List<byte[]> ocsp) {

    /** Reads `--{kind}-key` (PKCS#8 PEM), `--{kind}-chain` (PEM) and each `--{kind}-ocsp` (DER). */
    static Identity read(Options options, String kind) throws IOException, GeneralSecurityException {
        List<X509Certificate> chain = certificates(Path.of(options.one("--" + kind + "-chain")));
        String pem = Files.readString(Path.of(options.one("--" + kind + "-key")));
        byte[] der = Base64.getMimeDecoder().decode(pem.replaceAll("-----[A-Z ]+-----", ""));
        String algorithm = chain.get(0).getPublicKey().getAlgorithm();
        PrivateKey key = KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(der));
        List<byte[]> ocsp = new ArrayList<>();
        for (String file : options.all("--" + kind + "-ocsp")) {
            ocsp.add(Files.readAllBytes(Path.of(file)));
        }
        return new Identity(key, chain, ocsp);
    }

    static List<X509Certificate> certificates(Path pem) throws IOException, GeneralSecurityException {
        List<X509Certificate> certificates = new ArrayList<>();
        try (var in = Files.newInputStream(pem)) {
            for (var each : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
                certificates.add((X509Certificate) each);
            }
        }
        return certificates;
    }

    X509Certificate certificate() {
        return chain.get(0);
    }

    /** TLS that always shows this certificate and takes any: the other side's is checked after the handshake (wire.md 3.1). */
    SSLContext tls(List<X509Certificate> issuers) throws GeneralSecurityException {
        SSLContext context = SSLContext.getInstance("TLSv1.2");
        context.init(new KeyManager[] {new Keys(this)}, new TrustManager[] {new Any(issuers)}, new SecureRandom());
        return context;
    }

    private static final class Keys extends X509ExtendedKeyManager {
        private final Identity identity;

        Keys(Identity identity) {
            this.identity = identity;
        }

        private String alias(String... keyTypes) {
            return Arrays.asList(keyTypes).contains(identity.key.getAlgorithm()) ? "auth" : null;
        }

        @Override
        public String[] getClientAliases(String keyType, Principal[] issuers) {
            return new String[] {"auth"};
        }

        @Override
        public String chooseClientAlias(String[] keyTypes, Principal[] issuers, Socket socket) {
            return alias(keyTypes);
        }

        @Override
        public String[] getServerAliases(String keyType, Principal[] issuers) {
            return new String[] {"auth"};
        }

        @Override
        public String chooseServerAlias(String keyType, Principal[] issuers, Socket socket) {
            return alias(keyType);
        }

        @Override
        public X509Certificate[] getCertificateChain(String alias) {
            return identity.chain.toArray(new X509Certificate[0]);
        }

        @Override
        public PrivateKey getPrivateKey(String alias) {
            return identity.key;
        }
    }

    private static final class Any extends X509ExtendedTrustManager {
        private final List<X509Certificate> issuers;

        Any(List<X509Certificate> issuers) {
            this.issuers = issuers;
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) { }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) { }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) { }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) { }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) { }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) { }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return issuers.toArray(new X509Certificate[0]);
        }
    }
}
