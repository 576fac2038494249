#!/bin/sh
# Makes keys, certificates and OCSP responses for trying XRoadPeer against itself, with the openssl program.
#
#   testpki.sh FOLDER
#
# ca.pem signs ocsp.pem and, for each NAME in consumer-rsa, consumer-ec, provider-rsa, provider-ec and USE in auth, sign:
# NAME-USE.key (PKCS#8), NAME-USE.pem, NAME-USE.ocsp (DER, good, one hour). Certificate extensions as in wire.md 10.3.
set -eu
cd "$1"

make_key() { # file, rsa|ec
    case $2 in
        rsa) openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$1" ;;
        ec) openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -pkeyopt ec_param_enc:named_curve -out "$1" ;;
    esac
}

issue() { # name, subject, extension section, serial
    openssl req -new -key "$1.key" -subj "$2" -config ext.cnf -out "$1.csr"
    openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca.key -set_serial "$4" -days 30 -sha256 -extfile ext.cnf -extensions "$3" \
        -out "$1.pem" 2>>openssl.log
    printf 'V\t991231235959Z\t\t%02X\tunknown\t%s\n' "$4" "$2" >>index.txt
}

cat >ext.cnf <<'EXT'
[ca]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
[ocsp]
basicConstraints = CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,OCSPSigning
[auth]
basicConstraints = CA:FALSE
keyUsage = critical,digitalSignature,keyEncipherment,dataEncipherment,keyAgreement
extendedKeyUsage = clientAuth,serverAuth
[sign]
basicConstraints = CA:FALSE
keyUsage = critical,nonRepudiation
EXT
: >index.txt
make_key ca.key rsa
openssl req -new -x509 -key ca.key -subj '/O=Oracle/CN=Oracle CA' -days 30 -sha256 -config ext.cnf -extensions ca -out ca.pem
make_key ocsp.key rsa
issue ocsp '/O=Oracle/CN=Oracle OCSP' ocsp 2
serial=16
for name in consumer provider; do
    for key in rsa ec; do
        for use in auth sign; do
            file=$name-$key-$use
            make_key "$file.key" $key
            issue "$file" "/C=XX/O=$name/CN=$file/serialNumber=XX\\/SS1\\/GOV" $use $serial
            openssl ocsp -issuer ca.pem -cert "$file.pem" -no_nonce -reqout "$file.req" 2>>openssl.log
            openssl ocsp -index index.txt -CA ca.pem -rsigner ocsp.pem -rkey ocsp.key -reqin "$file.req" -nmin 60 \
                -respout "$file.ocsp" 2>>openssl.log
            serial=$((serial + 1))
        done
    done
done
