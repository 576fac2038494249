#!/bin/sh
# Tries the judges of this folder on what is known to be good and bad, and XRoadPeer against itself.
#
#   selftest.sh [FIXTURES]
#
# FIXTURES: the folder with X-Road's own containers (asice, asice-core, globalconf); without it that part is left out.
# Prints one line per trial; the last line counts them. Exit 0: all as expected.
set -u

here=$(cd "$(dirname "$0")" && pwd)
fixtures=${1:-}
scratch=$(mktemp -d)
server=''
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; rm -rf "$scratch"' EXIT
passed=0 failed=0

# trial EXPECTED-EXIT NAME COMMAND...: the command's output is in $scratch/out.
trial() {
    expected=$1 name=$2
    shift 2
    "$@" >"$scratch/out" 2>&1
    got=$?
    if [ "$got" -eq "$expected" ]; then
        passed=$((passed + 1))
        echo "ok      $name"
    else
        failed=$((failed + 1))
        echo "FAILED  $name: exit $got, not $expected: $(tail -n 3 "$scratch/out")"
    fi
}

contains() { grep -q -e "$1" "$scratch/out"; }

# Many short runs: compiling them well would take longer than running them.
java='java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC'
javac -d "$scratch/classes" "$here"/*.java "$here"/peer/*.java || exit 2
verify() { $java -cp "$scratch/classes" VerifyContainer "$@"; }

# --- X-Road's own containers ------------------------------------------------------------------------------------------

if [ -n "$fixtures" ]; then
    # The certificates of the instance DEV: base64 of PEM text in its shared parameters.
    tr -d '\r\n' <"$fixtures/globalconf/globalconf_good2_v3/DEV/shared-params.xml" | grep -o '<topCA> *<cert>[^<]*' |
        sed -e 's/.*>//' -e 's/ //g' | base64 -d >"$scratch/dev.pem"
    each() { # container, exits of VerifyContainer, xmlsec, timestamp
        trial "$2" "$1: JDK" verify "$fixtures/$1.asice"
        trial "$3" "$1: xmlsec1" "$here/xmlsec.sh" "$fixtures/$1.asice"
        trial "$4" "$1: openssl ts" "$here/timestamp.sh" --ca "$scratch/dev.pem" "$fixtures/$1.asice"
    }
    each asice/valid-signed-message 0 0 0
    each asice/valid-signed-hashchain 0 0 0
    each asice/valid-non-batch-soap-attachments 0 0 0
    each asice-core/valid-signed-message 0 0 2
    each asice-core/valid-signed-message-with-attachments 0 0 0
    each asice/invalid-not-signed-hashchain 0 0 0
    each asice/invalid-digest 1 1 0
    each asice/invalid-hashchain-modified-message 1 1 0
    each asice/invalid-incorrect-references 1 1 2
    # The XML signature holds, and the message is another: only the hash chain tells.
    each asice/invalid-signed-hashchain 1 0 0
    each asice-core/no-message 2 2 2
    each asice-core/no-signature 2 2 2
    each asice-core/not-asic 2 2 2
    valid=$fixtures/asice/valid-signed-hashchain.asice
    trial 0 "path and OCSP: JDK" verify --ca "$scratch/dev.pem" "$valid"
    trial 1 "path and OCSP a day later: JDK" verify --ca "$scratch/dev.pem" --at 2024-12-06T13:00:00Z "$valid"
    trial 1 "data that is not there: JDK" verify --all-data "$valid"
    trial 0 "path: xmlsec1" "$here/xmlsec.sh" --ca "$scratch/dev.pem" --at '2024-12-05 13:00:00' "$valid"
    trial 1 "path before its time: xmlsec1" "$here/xmlsec.sh" --ca "$scratch/dev.pem" --at '2020-12-05 13:00:00' "$valid"
    trial 1 "path before its time: openssl ts" "$here/timestamp.sh" --ca "$scratch/dev.pem" --at 1600000000 "$valid"
    python3 -m zipfile -e "$valid" "$scratch/other"
    sed -i '/signature-value/{n;s/^...../AAAAA/}' "$scratch/other/META-INF/signatures.xml"
    trial 1 "another signature value: openssl ts" "$here/timestamp.sh" --ca "$scratch/dev.pem" "$scratch/other"
    trial 1 "another signature value: xmlsec1" "$here/xmlsec.sh" "$scratch/other"
else
    echo "skipped: no fixtures"
fi

# --- The peer against itself ------------------------------------------------------------------------------------------

pki=$scratch/pki
mkdir "$pki"
"$here/testpki.sh" "$pki" || exit 2

identity() { # consumer|provider, key of TLS, key of seals
    echo "--auth-key $pki/$1-$2-auth.key --auth-chain $pki/$1-$2-auth.pem --auth-ocsp $pki/$1-$2-auth.ocsp" \
        "--sign-key $pki/$1-$3-sign.key --sign-chain $pki/$1-$3-sign.pem --sign-ocsp $pki/$1-$3-sign.ocsp" \
        "--ca $pki/ca.pem --timeout 20"
}

# exchange NAME CLIENT-EXIT SERVER-EXIT TLS-KEY SEAL-KEY SUITE "CLIENT OPTIONS" "SERVER OPTIONS" [SERVER-SUITE SERVER-TLS-KEY]
exchange() {
    rm -rf "$scratch/sent"
    mkdir "$scratch/sent"
    : >"$scratch/server"
    # shellcheck disable=SC2046,SC2086 # options are words without white space
    $java -cp "$scratch/classes" Peer server $(identity provider "${10:-$4}" "$5") --suite "${9:-$6}" --listen 127.0.0.1:0 \
        --ocsp-listen 127.0.0.1:0 --header content-type:application/json $8 >"$scratch/server" 2>&1 &
    server=$!
    while ! grep -q listening "$scratch/server"; do
        kill -0 $server 2>/dev/null || break
        sleep 0.05
    done
    address=$(sed -n 's/.*"listening":"\([^"]*\)".*/\1/p' "$scratch/server")
    ocsp=$(sed -n 's/.*"ocsp":"\([^"]*\)".*/\1/p' "$scratch/server")
    # shellcheck disable=SC2046,SC2086
    trial "$2" "$1" $java -cp "$scratch/classes" Peer client $(identity consumer "$4" "$5") --suite "$6" --connect "$address" \
        --peer-ocsp "$ocsp" --client XX/GOV/1/sub --service XX/GOV/2/prov/svc --path '/x?y=1' --header accept:*/* \
        --save "$scratch/sent" $7
    wait $server
    got=$?
    server=''
    if [ "$got" -ne "$3" ]; then
        failed=$((failed + 1))
        echo "FAILED  $1: server exit $got, not $3: $(tail -n 1 "$scratch/server")"
    fi
}

rsa=TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384 dhe=TLS_DHE_RSA_WITH_AES_256_CBC_SHA256 ec=TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384

judge_sent() { # name
    for message in request response; do
        trial 0 "$1, $message: JDK" verify --all-data --ca "$pki/ca.pem" "$scratch/sent/$message.asice"
        trial 0 "$1, $message: xmlsec1" "$here/xmlsec.sh" --ca "$pki/ca.pem" "$scratch/sent/$message.asice"
    done
    rm -rf "$scratch/other"
    python3 -m zipfile -e "$scratch/sent/request.asice" "$scratch/other"
    sed -i '/signature-value/{n;s/^...../AAAAA/}' "$scratch/other/META-INF/signatures.xml"
    trial 1 "$1, another signature value: xmlsec1" "$here/xmlsec.sh" "$scratch/other"
}

exchange "$rsa, bodies" 0 0 rsa rsa $rsa '--body hello' '--body {"a":1}'
judge_sent "RSA, bodies"
exchange "$rsa, no bodies" 0 0 rsa rsa $rsa '' '--framing chunked'
judge_sent "RSA, no bodies"
exchange "$dhe, bodies" 0 0 rsa rsa $dhe '--body hello' '--body {"a":1} --framing chunked'
exchange "$ec, bodies" 0 0 ec ec $ec '--body hello' '--body {"a":1}'
judge_sent "P-256, bodies"
exchange "$ec, no bodies" 0 0 ec ec $ec '' ''
judge_sent "P-256, no bodies"
exchange "no common suite" 1 1 rsa rsa $rsa '' '' $dhe rsa
for kind in message body chain signature; do
    exchange "request with another $kind" 1 1 rsa ec $rsa "--body hello --tamper $kind" '--body {"a":1}'
    contains server.serverproxy.signature_verification || echo "        $(tail -n 1 "$scratch/out")"
    exchange "answer with another $kind" 1 0 rsa ec $rsa '--body hello' "--body {\"a\":1} --tamper $kind"
done

exchange "answer to another request" 1 0 rsa ec $rsa '--body hello' '--body {"a":1} --tamper request-hash'

# As the README has it: source files, no compiled classes.
trial 2 "XRoadPeer.java without options" java "$here/XRoadPeer.java" client
trial 2 "VerifyContainer.java without options" java "$here/VerifyContainer.java"

echo "$passed as expected, $failed not"
[ "$failed" -eq 0 ]
