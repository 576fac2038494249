#!/bin/sh
# Judges the timestamp of an X-Road container with `openssl ts -verify`.
#
#   timestamp.sh --ca CA.pem [--tsa TSA.pem] [--at SECONDS] CONTAINER.asice|FOLDER
#
# CA.pem: who vouches for the timestamp authority. TSA.pem: its certificate, for tokens that hold none. SECONDS: Unix
# time at which the certificates must be valid (now). FOLDER is an unpacked container. Exit 0: the token is signed by a
# timestamp authority under this CA and stamps this container; 1: not so; 2: unreadable, or there is no timestamp.
# Single form: the token in xades:EncapsulatedTimeStamp stamps the decoded ds:SignatureValue. Batch form: the token in
# META-INF/timestamp.tst stamps ts-hashchainresult.xml; the chain from there to signatures.xml is not looked at here.
set -eu

usage() {
    echo "usage: timestamp.sh --ca CA.pem [--tsa TSA.pem] [--at SECONDS] CONTAINER.asice|FOLDER" >&2
    exit 2
}

# The text of the only element <$1> of file $2, decoded from base64 (Java writes its line ends as &#13;).
decoded() {
    tr -d '\r\n' <"$2" | grep -o "<$1[ >][^<]*</$1>" | sed -e 's/^<[^>]*>//' -e 's/<.*$//' -e 's/&#13;//g' -e 's/&#xD;//g' \
        -e 's/[ \t]//g' | base64 -d
}

ca='' tsa='' at=''
while [ $# -gt 1 ]; do
    case $1 in
        --ca) ca=$2 ;;
        --tsa) tsa=$2 ;;
        --at) at=$2 ;;
        *) usage ;;
    esac
    shift 2
done
[ $# -eq 1 ] && [ -n "$ca" ] || usage

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
if [ -d "$1" ]; then
    root=$1
else
    root=$scratch/container
    python3 -m zipfile -e "$1" "$root" || exit 2
fi
signatures=$root/META-INF/signatures.xml
[ -f "$signatures" ] || { echo "no META-INF/signatures.xml" >&2; exit 2; }

if [ -f "$root/META-INF/timestamp.tst" ]; then
    token=$root/META-INF/timestamp.tst
    data=$root/ts-hashchainresult.xml
else
    token=$scratch/token data=$scratch/value
    decoded xades:EncapsulatedTimeStamp "$signatures" >"$token" || { echo "unreadable timestamp" >&2; exit 2; }
    decoded ds:SignatureValue "$signatures" >"$data" || { echo "unreadable signature value" >&2; exit 2; }
fi
[ -s "$token" ] && [ -s "$data" ] || { echo "no timestamp" >&2; exit 2; }

set -- -verify -token_in -in "$token" -data "$data" -CAfile "$ca"
[ -z "$tsa" ] || set -- "$@" -untrusted "$tsa"
[ -z "$at" ] || set -- "$@" -attime "$at"
if openssl ts "$@"; then
    exit 0
fi
exit 1
